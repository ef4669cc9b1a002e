// Percent-encoding (RFC 3986 2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wagi {

// What a URL that is whole keeps beside unreserved characters: those that are reserved (RFC 3986
// 2.2), and '%'.
inline constexpr std::string_view kKeptInUrls = ":/?#[]@!$&'()*+,;=%";

// What isn't unreserved (RFC 3986 2.3) becomes %XX, but for the characters in `kept`.
[[nodiscard]] std::string encodePercent(std::string_view text, std::string_view kept = {});

// Nothing where a '%' has no two hex digits behind it.
[[nodiscard]] std::optional<std::string> decodePercent(std::string_view text);

// Such a '%' stands for itself.
[[nodiscard]] std::string decodePercentLeniently(std::string_view text);

}  // namespace wagi
