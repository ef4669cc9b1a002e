// A request's argv as the guest sees it.
#pragma once

#include <optional>
#include <string>

#include "base/block.h"
#include "base/message.h"

namespace wagi::gateway {

// Replaces what is in `out`. Without a template: the path as sent, then each piece of the query
// between '&', not decoded; an empty query is one empty piece. With one (guest/gateway/argv.h): its
// variables replaced, then split at white space. Every argument is UTF-8 without NUL: bytes that
// aren't are percent-encoded, as in QUERY_STRING.
void buildArguments(const std::optional<std::string>& argv_template, const RequestHead& head,
                    Block& out);

}  // namespace wagi::gateway
