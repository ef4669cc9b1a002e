#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/utf8.h"

namespace wagi {
namespace {

struct Range {
  char32_t first, last;
};

// The hidden characters in ascending order, for a binary search.
constexpr Range kHidden[] = {
    {0x00, 0x1f},        // C0.
    {0x7f, 0x9f},        // DEL and C1.
    {0xad, 0xad},        // The soft hyphen.
    {0x34f, 0x34f},      // From here on invisible: joiners, fillers, marks of direction.
    {0x61c, 0x61c},      //
    {0x115f, 0x1160},    //
    {0x17b4, 0x17b5},    //
    {0x180b, 0x180f},    //
    {0x200b, 0x200f},    // Zero-width space and joiners, marks of direction.
    {0x2028, 0x202e},    // Separators of lines and paragraphs, embeddings and overrides.
    {0x2060, 0x206f},    // The word joiner, invisible operators, isolates.
    {0x3164, 0x3164},    //
    {0xfe00, 0xfe0f},    // Variation selectors.
    {0xfeff, 0xfeff},    // The byte order mark.
    {0xffa0, 0xffa0},    //
    {0xfff0, 0xfffb},    // With the marks of interlinear annotations.
    {0x1bca0, 0x1bca3},  //
    {0x1d173, 0x1d17a},  //
    {0xe0000, 0xe0fff},  // Tags and variation selectors.
};

std::string escapeOf(char32_t code_point) {
  const auto number = static_cast<std::uint32_t>(code_point);
  if (number < 0x80) return fmt::format("\\x{:02x}", number);
  return number < 0x10000 ? fmt::format("\\u{:04x}", number) : fmt::format("\\U{:08x}", number);
}

// Takes the first character away from `text`, and returns it as it is shown.
std::string takeShown(std::string_view& text, Lines lines) {
  const std::size_t length = utf8SequenceLength(text);
  const std::string_view taken = text.substr(0, std::max<std::size_t>(length, 1));
  text.remove_prefix(taken.size());
  if (length == 0) return fmt::format("\\x{:02x}", static_cast<unsigned char>(taken[0]));
  if (taken == "\n" || taken == "\t") {
    if (lines == Lines::kKept) return std::string(taken);
    return taken == "\n" ? "\\n" : "\\t";
  }
  const char32_t code_point = codePointOf(taken);
  return isHidden(code_point) ? escapeOf(code_point) : std::string(taken);
}

std::string markOf(std::size_t bytes) { return fmt::format("... ({} bytes)", bytes); }

bool isPlain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

}  // namespace

bool isHidden(char32_t code_point) {
  const auto* const range = std::ranges::lower_bound(kHidden, code_point, {}, &Range::last);
  return range != std::end(kHidden) && range->first <= code_point;
}

std::string printable(std::string_view text, std::size_t bytes_max, Lines lines) {
  if (text.size() <= bytes_max && isPlain(text)) return std::string(text);
  std::string shown;
  const std::size_t bytes = text.size();
  while (!text.empty()) {
    const std::string next = takeShown(text, lines);
    if (shown.size() + next.size() > bytes_max) return shown + markOf(bytes);
    shown += next;
  }
  return shown;
}

std::string shortened(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  std::size_t end = bytes_max;
  // A sequence of UTF-8 stays whole: at most three bytes of it stand before the end.
  for (std::size_t back = 0; back < 3 && end > 0; ++back, --end) {
    if ((static_cast<unsigned char>(text[end]) & 0xc0) != 0x80) break;
  }
  return std::string(text.substr(0, end)) + markOf(text.size());
}

std::string printableBlock(std::string_view text, std::size_t bytes_max) {
  constexpr std::string_view kLineStart = "\n  | ";
  while (text.ends_with('\n')) text.remove_suffix(1);
  std::string block(kLineStart);
  for (const char c : printable(text, bytes_max, Lines::kKept)) {
    if (c == '\n') {
      block += kLineStart;
    } else {
      block += c;
    }
  }
  return block;
}

}  // namespace wagi
