// Finds the route of a path in a table.
//
// A router is immutable after its construction, so any thread may use it. A match allocates nothing
// and costs one pass over the path, however many routes there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "routing/pattern.h"

namespace wagi::routing {

class Router {
 public:
  // REQUIRES: fewer than 2^32 - 1 patterns.
  explicit Router(std::vector<Pattern> patterns);

  // The index of the first pattern that matches `path` (as sent, without the query).
  [[nodiscard]] std::optional<std::size_t> match(std::string_view path) const;

  [[nodiscard]] const Pattern& pattern(std::size_t index) const { return patterns_[index]; }
  [[nodiscard]] std::size_t size() const { return patterns_.size(); }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  // A hash table from a base to the least index of the patterns that have it. Open addressing, at
  // most half full.
  class Table {
   public:
    void build(const std::vector<Pattern>& patterns, bool prefixes);
    // REQUIRES: `hash` is the hash of `base`.
    [[nodiscard]] std::uint32_t find(std::uint64_t hash, std::string_view base,
                                     const std::vector<Pattern>& patterns) const;
    [[nodiscard]] std::size_t longest() const { return longest_; }

   private:
    struct Slot {
      std::uint64_t hash = 0;
      std::uint32_t index = kNone;
    };
    std::vector<Slot> slots_;  // Their number is a power of two, or 0.
    std::size_t longest_ = 0;  // The longest base's length; nothing longer is looked up.
  };

  std::vector<Pattern> patterns_;
  Table exact_;     // Patterns without "/...".
  Table prefixes_;  // Patterns with it.
};

}  // namespace wagi::routing
