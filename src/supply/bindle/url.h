// Encodes paths and parses queries of URLs (RFC 3986 2.1, 3.4), for Bindle's interface.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wagi::bindle {

// Percent-encodes a path, but for '/', '+' and '@'.
[[nodiscard]] std::string encodePath(std::string_view text);

// Parses "a=1&b=x+y" into names and values, decoded, a '+' as a blank. nullopt means that a '%' has
// no two hex digits behind it.
using Query = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] std::optional<Query> parseQuery(std::string_view text);

}  // namespace wagi::bindle
