#include "base/percent.h"

#include "base/hex.h"
#include "base/text.h"

namespace wagi {
namespace {

constexpr Alphabet kUnreserved("-._~");

// The byte that "%XX" at `at` stands for, or -1 where there is none.
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
      appendEscape(c, encoded);
    }
  }
  return encoded;
}

Result<std::string> encodeUrl(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\') {
      return fail("a URL has no control characters and no backslash");
    }
  }
  return encodePercent(text, kKeptInUrls);
}

void appendEscape(char byte, std::string& out) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto value = static_cast<unsigned char>(byte);
  out.append({'%', kDigits[value >> 4], kDigits[value & 0xf]});
}

bool isEscapedWell(std::string_view text) {
  for (std::size_t at = text.find('%'); at != text.npos; at = text.find('%', at + 1)) {
    if (byteAt(text, at) < 0) return false;
  }
  return true;
}

std::optional<std::string> decodePercent(std::string_view text) {
  if (!isEscapedWell(text)) return std::nullopt;
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
