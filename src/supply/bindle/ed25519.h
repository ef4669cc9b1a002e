// Signs and verifies by Ed25519 (RFC 8032), through OpenSSL. Keys and signatures are raw bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wagi::bindle {

inline constexpr std::size_t kKeyBytes = 32;  // The size of a public and of a secret key.
inline constexpr std::size_t kSignatureBytes = 64;

// REQUIRES of the next two: `secret` has kKeyBytes.
[[nodiscard]] Result<std::string> publicKeyOf(std::string_view secret);
[[nodiscard]] Result<std::string> signBytes(std::string_view secret, std::string_view message);
// Whether the signature is by that key. A key or signature of a wrong length gives false.
[[nodiscard]] bool isSignedBy(std::string_view public_key, std::string_view message,
                              std::string_view signature);
[[nodiscard]] Result<std::string> generateSecret();

}  // namespace wagi::bindle
