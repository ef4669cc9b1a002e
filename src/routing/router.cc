#include "routing/router.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace wagi::routing {
namespace {

// Hashes are FNV-1a, since one pass over a path gives the hash of each of its prefixes. The keys
// are the server's own routes, so nobody can fill a table with colliding ones.
constexpr std::uint64_t kHashStart = 0xcbf29ce484222325;
constexpr std::uint64_t kHashFactor = 0x100000001b3;

constexpr std::uint64_t hashByte(std::uint64_t hash, char byte) {
  return (hash ^ static_cast<unsigned char>(byte)) * kHashFactor;
}

std::uint64_t hashOf(std::string_view text) {
  std::uint64_t hash = kHashStart;
  for (const char byte : text) hash = hashByte(hash, byte);
  return hash;
}

// Mixes the high bits in, since the last bytes of a text change few of FNV-1a's low ones.
constexpr std::size_t slotOf(std::uint64_t hash, std::size_t mask) {
  return static_cast<std::size_t>(hash ^ (hash >> 32)) & mask;
}

}  // namespace

void Router::Table::build(const std::vector<Pattern>& patterns, bool prefixes) {
  const auto count = static_cast<std::size_t>(
      std::ranges::count(patterns, prefixes, [](const Pattern& p) { return p.isPrefix(); }));
  if (count == 0) return;
  slots_.resize(std::bit_ceil(count * 2));
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (patterns[i].isPrefix() != prefixes) continue;
    const std::string_view base = patterns[i].base();
    const std::uint64_t hash = hashOf(base);
    if (find(hash, base, patterns) != kNone) continue;  // The first of two equal ones wins.
    std::size_t at = slotOf(hash, mask);
    while (slots_[at].index != kNone) at = (at + 1) & mask;
    slots_[at] = {hash, static_cast<std::uint32_t>(i)};
    longest_ = std::max(longest_, base.size());
  }
}

std::uint32_t Router::Table::find(std::uint64_t hash, std::string_view base,
                                  const std::vector<Pattern>& patterns) const {
  if (slots_.empty()) return kNone;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = slotOf(hash, mask); slots_[at].index != kNone; at = (at + 1) & mask) {
    if (slots_[at].hash == hash && patterns[slots_[at].index].base() == base) {
      return slots_[at].index;
    }
  }
  return kNone;
}

Router::Router(std::vector<Pattern> patterns) : patterns_(std::move(patterns)) {
  assert(patterns_.size() < kNone);
  exact_.build(patterns_, false);
  prefixes_.build(patterns_, true);
}

std::optional<std::size_t> Router::match(std::string_view path) const {
  if (!path.starts_with('/')) return std::nullopt;
  std::uint32_t best = kNone;
  std::uint64_t hash = kHashStart;
  // A path is hashed no further than the longest base reaches; each '/' in it ends a possible
  // prefix.
  const std::size_t end = std::min(path.size(), std::max(exact_.longest(), prefixes_.longest()));
  for (std::size_t i = 0;; ++i) {
    if (i <= prefixes_.longest() && (i == path.size() || path[i] == '/')) {
      best = std::min(best, prefixes_.find(hash, path.substr(0, i), patterns_));
    }
    if (i == end) break;
    hash = hashByte(hash, path[i]);
  }
  if (end == path.size()) best = std::min(best, exact_.find(hash, path, patterns_));
  if (best == kNone) return std::nullopt;
  return best;
}

}  // namespace wagi::routing
