// Makes the argv with which a guest sees a request.
#pragma once

#include <optional>
#include <string>

#include "base/block.h"
#include "base/message.h"

namespace wagi::gateway {

// Replaces the content of `out` by the arguments. Without a template they are the path as sent,
// then the pieces of the query between '&', not decoded; an empty query is one empty piece. With a
// template (guest/gateway/argv.h) its variables are replaced, and the result is split at white
// space. Every argument is UTF-8 without NUL: other bytes are percent-encoded, as in QUERY_STRING.
void buildArguments(const std::optional<std::string>& argv_template, const RequestHead& head,
                    Block& out);

}  // namespace wagi::gateway
