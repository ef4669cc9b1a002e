// Small cookies of fd_readdir for the positions in one descriptor's listing.
//
// The kernel's positions are opaque numbers of 63 bits, but wasi-libc keeps the result of
// telldir(3) in a `long` of 32. A position has the same cookie for as long as the descriptor is
// open, so a cookie that a guest remembers stays right after names were made and removed, or read
// again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace wagi::wasi {

class Cookies {
 public:
  // The cookie of `position`. Cookies are 1, 2, 3 and so on, in the order in which they are asked
  // for. Once `cookies_max` are kept, a further position is its own cookie, with the highest bit
  // set. REQUIRES: `position` isn't negative.
  [[nodiscard]] std::uint64_t of(std::int64_t position, std::size_t cookies_max);

  // The position of a cookie; 0, the beginning, for cookie 0; nullopt for one that of() didn't
  // give.
  [[nodiscard]] std::optional<std::int64_t> position(std::uint64_t cookie) const;

  // How many cookies are kept, each in about 16 bytes, 32 at most.
  [[nodiscard]] std::size_t size() const { return positions_.size(); }

 private:
  // The index in slots_ of the cookie of `position`, or of the slot for it.
  [[nodiscard]] std::size_t slotOf(std::int64_t position) const;
  void grow();

  std::vector<std::int64_t> positions_;  // The position of cookie c is at c - 1.
  std::vector<std::uint32_t> slots_;     // Hash table of positions: cookies, or 0 for a free slot.
};

}  // namespace wagi::wasi
