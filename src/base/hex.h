// Hexadecimal digits, and the bytes that URIs write with them.
#pragma once

#include <string>
#include <string_view>

namespace wagi {

// Of a digit in either case; -1 for what is none.
[[nodiscard]] constexpr int hexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Whether `text` begins with "%XX" (RFC 3986 2.1).
[[nodiscard]] constexpr bool isEscape(std::string_view text) {
  return text.size() >= 3 && text[0] == '%' && hexValue(text[1]) >= 0 && hexValue(text[2]) >= 0;
}

inline void appendEscape(char byte, std::string& out) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto value = static_cast<unsigned char>(byte);
  out.append({'%', kDigits[value >> 4], kDigits[value & 0xf]});
}

}  // namespace wagi
