// Percent-encoding (RFC 3986 2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wagi {

// The `kept` characters to clean up a whole URL with: the reserved ones (RFC 3986 2.2), and '%'.
inline constexpr std::string_view kKeptInUrls = ":/?#[]@!$&'()*+,;=%";

// Writes each byte of `text` as %XX, but for unreserved characters (RFC 3986 2.3) and `kept`.
[[nodiscard]] std::string encodePercent(std::string_view text, std::string_view kept = {});
// A URL, or a piece of one, with all encoded that no URL has. Fails where it has what readers drop
// or turn round, control characters and backslashes: "http://good\\@evil", "ht\ntp:".
[[nodiscard]] Result<std::string> encodeUrl(std::string_view text);
// Appends the %XX of `byte`.
void appendEscape(char byte, std::string& out);

// Whether each '%' begins an escape, which has two hex digits.
[[nodiscard]] bool isEscapedWell(std::string_view text);
// Nothing where isEscapedWell() says no.
[[nodiscard]] std::optional<std::string> decodePercent(std::string_view text);
// A '%' that begins no escape stands for itself.
[[nodiscard]] std::string decodePercentLeniently(std::string_view text);

}  // namespace wagi
