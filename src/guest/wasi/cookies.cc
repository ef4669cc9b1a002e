#include "guest/wasi/cookies.h"

#include <bit>
#include <cassert>

namespace wagi::wasi {
namespace {

constexpr std::uint64_t kUnkept = std::uint64_t{1} << 63;
constexpr std::size_t kSlotsMin = 64;

}  // namespace

std::uint64_t Cookies::of(std::int64_t position, std::size_t cookies_max) {
  assert(position >= 0);
  // Half of the slots stay free, so that a search is short and ends.
  if (slots_.size() < 2 * (positions_.size() + 1)) grow();
  std::uint32_t& slot = slots_[slotOf(position)];
  if (slot != 0) return slot;
  if (positions_.size() >= cookies_max) return kUnkept | static_cast<std::uint64_t>(position);
  positions_.push_back(position);
  slot = static_cast<std::uint32_t>(positions_.size());
  return slot;
}

std::optional<std::int64_t> Cookies::position(std::uint64_t cookie) const {
  if (cookie == 0) return 0;
  if ((cookie & kUnkept) != 0) return static_cast<std::int64_t>(cookie & ~kUnkept);
  if (cookie > positions_.size()) return std::nullopt;
  return positions_[cookie - 1];
}

std::size_t Cookies::slotOf(std::int64_t position) const {
  // The hash is multiplicative: its upper bits depend on all bits of the position.
  constexpr std::uint64_t kGoldenRatio = 0x9e3779b97f4a7c15;
  const int bits = std::countr_zero(slots_.size());
  std::size_t at = (static_cast<std::uint64_t>(position) * kGoldenRatio) >> (64 - bits);
  while (slots_[at] != 0 && positions_[slots_[at] - 1] != position) {
    at = (at + 1) & (slots_.size() - 1);
  }
  return at;
}

void Cookies::grow() {
  slots_.assign(slots_.empty() ? kSlotsMin : 2 * slots_.size(), 0);
  std::uint32_t cookie = 0;
  for (const std::int64_t position : positions_) slots_[slotOf(position)] = ++cookie;
}

}  // namespace wagi::wasi
