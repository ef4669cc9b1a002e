#include "base/percent.h"

#include <fmt/format.h>

#include <iterator>

#include "base/hex.h"
#include "base/text.h"

namespace wagi {
namespace {

constexpr Alphabet kUnreserved("-._~");

// The byte that "%XX" at `at` stands for, or -1.
int byteAt(std::string_view text, std::size_t at) {
  if (text[at] != '%' || at + 2 >= text.size()) return -1;
  const int high = hexValue(text[at + 1]);
  const int low = hexValue(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

}  // namespace

std::string encodePercent(std::string_view text, std::string_view kept) {
  std::string encoded;
  for (const char c : text) {
    if (kUnreserved.has(c) || kept.contains(c)) {
      encoded.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(encoded), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

std::optional<std::string> decodePercent(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && byteAt(text, i) < 0) return std::nullopt;
  }
  return decodePercentLeniently(text);
}

std::string decodePercentLeniently(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int byte = byteAt(text, i);
    decoded.push_back(byte < 0 ? text[i] : static_cast<char>(byte));
    if (byte >= 0) i += 2;
  }
  return decoded;
}

}  // namespace wagi
