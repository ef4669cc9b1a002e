// The files beside a modules.toml: read and put together, with every mistake in them.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/env_pair.h"
#include "supply/artifact/cache.h"

namespace wagi::supervisor {

using Diagnostics = std::vector<config::Diagnostic>;

inline constexpr std::uint64_t kConfigBytesMax = 16 << 20;  // For any of these files.

// The variables of all files, in order: of two with one name, the later wins.
[[nodiscard]] std::expected<std::vector<config::EnvPair>, Diagnostics> readEnvFiles(
    const std::vector<std::string>& files);

// Each name once, in the place of its first, with the value of its last.
[[nodiscard]] std::vector<config::EnvPair> lastOfEach(
    const std::vector<config::EnvPair>& variables);

inline constexpr auto kDefaultCacheFile = "cache.toml";

// Reads the cache.toml `file`; without one kDefaultCacheFile, which may be absent. Warnings are
// added to `warnings`, if it is given.
[[nodiscard]] std::expected<artifact::Cache::Settings, Diagnostics> readCacheSettings(
    const std::optional<std::string>& file, Diagnostics* warnings = nullptr);

}  // namespace wagi::supervisor
