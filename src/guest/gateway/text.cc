#include "guest/gateway/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/percent.h"
#include "base/utf8.h"

namespace wagi::gateway {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD
constexpr std::string_view kEscapedNul = "%00";

// Text is checked eight bytes at a time, since most is fit as it is, and every request pays for
// this.
constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHigh = 0x80 * kOnes;

// Not 0 if a byte of `word` isn't ASCII, or is below `least`. Which bit is set means nothing, since
// bytes above such a one may be reported too.
constexpr std::uint64_t below(std::uint64_t word, std::uint64_t least) {
  return ((word - least * kOnes) | word) & kHigh;
}

// Whether all words of `text` are good, the last one filled up with spaces.
template <class Good>
bool everyWord(std::string_view text, Good good) {
  for (; text.size() >= sizeof(std::uint64_t); text.remove_prefix(sizeof(std::uint64_t))) {
    std::uint64_t word;
    std::memcpy(&word, text.data(), sizeof word);
    if (!good(word)) return false;
  }
  std::uint64_t word = ' ' * kOnes;
  if (!text.empty()) std::memcpy(&word, text.data(), text.size());  // Empty, data() may be null.
  return good(word);
}

// Whether every byte is ASCII and none is NUL.
bool isPlain(std::string_view text) {
  return everyWord(text, [](std::uint64_t word) { return below(word, 1) == 0; });
}

// Appends `text`; each byte that isn't part of UTF-8 goes to `append_other` instead.
template <class AppendOther>
void append(std::string_view text, std::string& out, AppendOther append_other) {
  if (isPlain(text)) {
    out.append(text);
    return;
  }
  while (!text.empty()) {
    const std::size_t length = utf8SequenceLength(text);
    if (length == 0) {
      append_other(text[0]);
    } else {
      out.append(text[0] == '\0' ? kEscapedNul : text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

}  // namespace

void appendText(std::string_view text, std::string& out) {
  append(text, out, [&](char) { out.append(kReplacement); });
}

void appendTarget(std::string_view text, std::string& out) {
  append(text, out, [&](char byte) { appendEscape(byte, out); });
}

void appendDecoded(std::string_view text, std::string& out) {
  if (!text.contains('%')) return appendText(text, out);
  appendText(decodePercentLeniently(text), out);
}

bool isVisible(std::string_view text) {
  constexpr std::uint64_t kDelete = 0x7f * kOnes;
  const auto good = [](std::uint64_t word) {
    return (below(word, ' ') | below(word ^ kDelete, 1)) == 0;
  };
  if (everyWord(text, good)) return true;
  return std::ranges::all_of(text, [](char c) { return (c >= ' ' && c < 0x7f) || c == '\t'; });
}

}  // namespace wagi::gateway
