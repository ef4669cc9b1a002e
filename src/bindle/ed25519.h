// Ed25519 (RFC 8032) and base64 (RFC 4648 4), through OpenSSL.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wagi::bindle {

inline constexpr std::size_t kKeyBytes = 32;  // Of a public key, and of a secret one.
inline constexpr std::size_t kSignatureBytes = 64;

[[nodiscard]] std::string encodeBase64(std::string_view bytes);
// Nullopt for what is none, padding included.
[[nodiscard]] std::optional<std::string> decodeBase64(std::string_view text);

// REQUIRES of the next two: `secret` has kKeyBytes.
[[nodiscard]] Result<std::string> publicKeyOf(std::string_view secret);
[[nodiscard]] Result<std::string> signBytes(std::string_view secret, std::string_view message);
// False for a key or a signature of another length, too.
[[nodiscard]] bool isSignedBy(std::string_view public_key, std::string_view message,
                              std::string_view signature);
[[nodiscard]] Result<std::string> generateSecret();

}  // namespace wagi::bindle
