// Writes the answers of `wagi bindle serve`.
#pragma once

#include <string>
#include <string_view>

#include "net/http/exchange.h"
#include "supply/bindle/document.h"

namespace wagi::bindle {

// The value of the first field named `name`, in any case; "" where there is none.
[[nodiscard]] std::string_view fieldOf(const RequestHead& head, std::string_view name);

// Answers in TOML, or in JSON where the request's Accept asks for it.
void reply(http::Exchange& exchange, int status, const Value& body);
// Like reply(), but always in JSON.
void replyJson(http::Exchange& exchange, int status, const Value& body);
// Answers with the document `error = "..."`.
void replyError(http::Exchange& exchange, int status, std::string_view error);
// Answers 401, which asks for a name and a password.
void replyUnknown(http::Exchange& exchange);
// Answers 405; `allowed` is the value of Allow.
void replyMethod(http::Exchange& exchange, std::string_view allowed);

}  // namespace wagi::bindle
