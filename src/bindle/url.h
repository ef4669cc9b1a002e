// Paths and queries of URLs (RFC 3986 2.1, 3.4).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wagi::bindle {

// For a path: what isn't unreserved becomes %XX, but for '/', '+' and '@'.
[[nodiscard]] std::string encodePath(std::string_view text);
// For a value of a query.
[[nodiscard]] std::string encodeQuery(std::string_view text);

// Nullopt for a '%' without two hex digits.
[[nodiscard]] std::optional<std::string> decodePath(std::string_view text);

// "a=1&b=x+y": names and values, decoded, '+' as a blank. Nullopt as decodePath().
using Query = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] std::optional<Query> parseQuery(std::string_view text);

}  // namespace wagi::bindle
