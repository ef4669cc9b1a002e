// Answers of a Bindle server of our own.
#pragma once

#include <string>
#include <string_view>

#include "net/http/exchange.h"
#include "supply/bindle/document.h"

namespace wagi::bindle {

// The value of the first field of that name, compared without regard to case; empty without one.
[[nodiscard]] std::string_view fieldOf(const RequestHead& head, std::string_view name);

// A whole answer, in TOML, or in JSON where the request's Accept says so.
void reply(http::Exchange& exchange, int status, const Value& body);
// As reply(), in JSON whatever is asked for.
void replyJson(http::Exchange& exchange, int status, const Value& body);
// `error = "..."`.
void replyError(http::Exchange& exchange, int status, std::string_view error);
// 401, which asks for a name and a password.
void replyUnknown(http::Exchange& exchange);
// 405.
void replyMethod(http::Exchange& exchange, std::string_view allowed);

}  // namespace wagi::bindle
