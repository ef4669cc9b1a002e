// A cache.toml: Wasmtime's cache configuration, of which the settings that a cache of compiled
// files has are used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace wagi::config {

struct CacheSettings {
  bool enabled = true;
  std::optional<std::string> directory;  // Absolute; absent: the user's own cache folder.
  // The cleaning starts when the cache is over one of these.
  std::uint64_t files_total_bytes_soft_max = 512ULL << 20;  // `files-total-size-soft-limit`
  std::uint64_t files_soft_max = 65'536;                    // `file-count-soft-limit`
  std::vector<Diagnostic> warnings;  // Keys that tune Wasmtime's own cache: known, without effect.
};

// Reads a whole cache.toml. `file` names it in messages only; all mistakes are reported.
[[nodiscard]] std::expected<CacheSettings, std::vector<Diagnostic>> parseCacheFile(
    std::string_view text, const std::string& file);

}  // namespace wagi::config
