// Base64 (RFC 4648 4), through OpenSSL.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace wagi {

inline constexpr std::size_t kBase64BytesMax = 1 << 20;  // Longest text that is decoded.

[[nodiscard]] std::string encodeBase64(std::string_view bytes);
// Decodes strictly: the padding must be there, white space mustn't. nullopt means that `text` isn't
// Base64, or is over kBase64BytesMax.
[[nodiscard]] std::optional<std::string> decodeBase64(std::string_view text);

}  // namespace wagi
