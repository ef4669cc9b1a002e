#include "supply/glob/name.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstddef>

#include "base/utf8.h"

namespace wagi::glob {
namespace {

// The first character of `text`: a sequence of UTF-8, or a byte that begins none.
std::string_view firstCharacter(std::string_view text) {
  return text.substr(0, std::max<std::size_t>(1, utf8SequenceLength(text)));
}

// The class that `part` begins with, its brackets included; empty where it has no end. A ']' that
// comes first is a character of the class.
std::string_view classAt(std::string_view part) {
  std::size_t first = 1;
  if (part.substr(first).starts_with('!')) ++first;
  const std::size_t end = part.find(']', first + 1);
  return end == std::string_view::npos ? std::string_view() : part.substr(0, end + 1);
}

bool isInClass(std::string_view brackets, std::string_view character) {
  std::string_view rest = brackets.substr(1, brackets.size() - 2);
  const bool negated = rest.starts_with('!');
  if (negated) rest.remove_prefix(1);
  while (!rest.empty()) {
    const std::string_view low = firstCharacter(rest);
    std::string_view high = low;
    rest.remove_prefix(low.size());
    if (rest.size() > 1 && rest.front() == '-') {
      high = firstCharacter(rest.substr(1));
      rest.remove_prefix(1 + high.size());
    }
    // UTF-8 sorts as its code points do.
    if (low <= character && character <= high) return !negated;
  }
  return negated;
}

}  // namespace

bool hasWildcard(std::string_view part) {
  return part.find_first_of("*?[") != std::string_view::npos;
}

std::optional<std::string> mistakeIn(std::string_view part) {
  if (part == "**") return std::nullopt;
  if (part.contains("**")) return "`**` must stand alone between slashes";
  for (std::size_t at = 0; (at = part.find('[', at)) != std::string_view::npos;) {
    const std::string_view brackets = classAt(part.substr(at));
    if (brackets.empty()) return fmt::format("`{}` has no `]`", part.substr(at));
    at += brackets.size();
  }
  return std::nullopt;
}

// On a mismatch the last "*" takes one character more, and matching goes on behind it. No earlier
// "*" could do better, so the time is at most the product of the lengths.
bool matchesName(std::string_view part, std::string_view name) {
  assert(!mistakeIn(part));
  std::optional<std::string_view> star;  // The part behind the last "*".
  std::string_view taken;                // The rest of the name that `star` is tried with.
  for (;;) {
    if (part.starts_with('*')) {
      part.remove_prefix(1);
      star = part;
      taken = name;
      continue;
    }
    if (name.empty() && part.empty()) return true;
    if (!name.empty() && !part.empty()) {
      const std::string_view character = firstCharacter(name);
      std::string_view piece = firstCharacter(part);
      bool same = piece == character || piece == "?";
      if (piece == "[") {
        piece = classAt(part);
        same = isInClass(piece, character);
      }
      if (same) {
        part.remove_prefix(piece.size());
        name.remove_prefix(character.size());
        continue;
      }
    }
    if (!star || taken.empty()) return false;
    taken.remove_prefix(firstCharacter(taken).size());
    part = *star;
    name = taken;
  }
}

}  // namespace wagi::glob
