// Base64 (RFC 4648 4), through OpenSSL.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace wagi {

inline constexpr std::size_t kBase64BytesMax = 1 << 20;  // Of a text that is decoded.

[[nodiscard]] std::string encodeBase64(std::string_view bytes);
// Strict: with its padding, without white space. Nullopt for what is none, or is too long.
[[nodiscard]] std::optional<std::string> decodeBase64(std::string_view text);

}  // namespace wagi
