// Ed25519 (RFC 8032), through OpenSSL.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wagi::bindle {

inline constexpr std::size_t kKeyBytes = 32;  // Of a public key, and of a secret one.
inline constexpr std::size_t kSignatureBytes = 64;

// REQUIRES of the next two: `secret` has kKeyBytes.
[[nodiscard]] Result<std::string> publicKeyOf(std::string_view secret);
[[nodiscard]] Result<std::string> signBytes(std::string_view secret, std::string_view message);
// False for a key or a signature of another length, too.
[[nodiscard]] bool isSignedBy(std::string_view public_key, std::string_view message,
                              std::string_view signature);
[[nodiscard]] Result<std::string> generateSecret();

}  // namespace wagi::bindle
