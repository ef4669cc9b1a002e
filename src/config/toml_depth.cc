#include "config/toml_depth.h"

#include <algorithm>

namespace wagi::config {
namespace {

// The string or comment that `text` begins with, its end included; empty if it begins with neither.
// One that isn't closed reaches to the end of the line, or of the file: the parser stops there too.
std::string_view opaqueAt(std::string_view text) {
  const char first = text.front();
  if (first == '#') return text.substr(0, text.find('\n'));
  if (first != '"' && first != '\'') return {};
  const std::string_view three = first == '"' ? "\"\"\"" : "'''";
  const bool multiline = text.starts_with(three);
  const std::string_view quote = three.substr(0, multiline ? 3 : 1);
  std::size_t at = quote.size();
  for (; at < text.size(); ++at) {
    if (text[at] == '\\' && first == '"') {
      ++at;
    } else if (text[at] == '\n' && !multiline) {
      return text.substr(0, at);
    } else if (text.substr(at).starts_with(quote)) {
      at += quote.size();
      // Up to two quotes before the closing three belong to the string.
      for (int more = 0; multiline && more < 2 && text.substr(at).starts_with(first); ++more) ++at;
      return text.substr(0, at);
    }
  }
  return text;
}

}  // namespace

std::uint32_t lineOfDeepKey(std::string_view text, std::size_t parts_max) {
  std::uint32_t line = 1;
  std::size_t parts = 1;
  while (!text.empty()) {
    if (const std::string_view opaque = opaqueAt(text); !opaque.empty()) {
      line += static_cast<std::uint32_t>(std::ranges::count(opaque, '\n'));
      text.remove_prefix(opaque.size());
      continue;
    }
    const char c = text.front();
    if (c == '.' && ++parts > parts_max) return line;
    if (std::string_view("\n=,{[").contains(c)) parts = 1;
    if (c == '\n') ++line;
    text.remove_prefix(1);
  }
  return 0;
}

}  // namespace wagi::config
