// What a mistyped word was meant to be.
#pragma once

#include <span>
#include <string_view>

namespace wagi::config {

// The candidate that takes the fewest insertions, deletions and replacements of a character, the
// first one of equals. REQUIRES: there is a candidate.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       std::span<const std::string_view> candidates);

}  // namespace wagi::config
