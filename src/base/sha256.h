// SHA-256 (FIPS 180-4), through OpenSSL.
#pragma once

#include <string>
#include <string_view>

namespace wagi {

// The digest in 64 lower-case hex digits.
[[nodiscard]] std::string sha256Hex(std::string_view bytes);

}  // namespace wagi
