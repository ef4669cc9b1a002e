#include "config/nearest.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

namespace wagi::config {
namespace {

constexpr std::size_t kWordBytesMax = 64;  // A longer word is compared by its beginning.

// Up to where a word is near; rounded, so that two neighbouring letters of a word of five may be
// swapped, which takes two edits.
std::size_t editsMax(std::size_t length) { return (length + 1) / 3; }

// Levenshtein's distance, a row of the table at a time.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates) {
  word = word.substr(0, kWordBytesMax);
  std::optional<std::string_view> best;
  std::size_t least = 0;
  for (const std::string_view candidate : candidates) {
    const std::size_t edits = distance(word, candidate);
    if (edits > editsMax(std::max(word.size(), candidate.size()))) continue;
    if (!best || edits < least) {
      least = edits;
      best = candidate;
    }
  }
  return best;
}

}  // namespace wagi::config
