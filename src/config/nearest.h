// Guesses the word that a mistyped one was meant to be.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace wagi::config {

// The candidate that takes the fewest insertions, deletions and replacements of a character, the
// first one of equals. Nothing where that is more than a third of the longer word: a candidate so
// far away was not what was meant, and naming it would mislead.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view word,
                                                      std::span<const std::string_view> candidates);

}  // namespace wagi::config
