// Paths and queries of URLs (RFC 3986 2.1, 3.4).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wagi::bindle {

// For a path: percent-encoded, but for '/', '+' and '@'.
[[nodiscard]] std::string encodePath(std::string_view text);

// "a=1&b=x+y": names and values, decoded, '+' as a blank. Nullopt for a '%' without two hex digits.
using Query = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] std::optional<Query> parseQuery(std::string_view text);

}  // namespace wagi::bindle
