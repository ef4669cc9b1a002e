#include "config/cache_file.h"

#include <fmt/format.h>

#include <array>

#include "config/size.h"
#include "config/toml_reader.h"

namespace wagi::config {
namespace {

constexpr auto kTopKeys = std::to_array<std::string_view>({"cache"});
constexpr std::string_view kTotalSizeKey = "files-total-size-soft-limit";
constexpr std::string_view kFilesKey = "file-count-soft-limit";

// They tune how Wasmtime's own cache compresses and cleans.
constexpr auto kUnusedKeys = std::to_array<std::string_view>(
    {"worker-event-queue-size", "baseline-compression-level", "optimized-compression-level",
     "optimized-compression-usage-counter-threshold", "cleanup-interval",
     "optimizing-compression-task-timeout", "allowed-clock-drift-for-files-from-future",
     "file-count-limit-percent-if-deleting", "files-total-size-limit-percent-if-deleting"});

std::vector<std::string_view> cacheKeys() {
  std::vector<std::string_view> keys = {"enabled", "directory", kTotalSizeKey, kFilesKey};
  keys.insert(keys.end(), kUnusedKeys.begin(), kUnusedKeys.end());
  return keys;
}

CacheSettings readCache(const toml::table& table, Mistakes& mistakes, Mistakes& warnings) {
  const std::vector<std::string_view> keys = cacheKeys();
  TableReader reader(table, "[cache]", keys, mistakes);
  CacheSettings cache;
  cache.enabled = reader.boolean("enabled").value_or(cache.enabled);
  cache.directory = reader.nonEmpty("directory");
  if (cache.directory && !cache.directory->starts_with('/')) {
    reader.mistake("directory",
                   fmt::format("`directory`: `{}` must be an absolute path", *cache.directory));
  }
  cache.files_total_bytes_soft_max =
      reader.size(kTotalSizeKey, {}).value_or(cache.files_total_bytes_soft_max);
  // A count may have a unit too: "64K" files.
  cache.files_soft_max = reader.size(kFilesKey, {}).value_or(cache.files_soft_max);
  for (const std::string_view key : kUnusedKeys) {
    if (const toml::node* value = reader.node(key)) {
      warnings.add(value->source(), fmt::format("`{}` has no effect on this cache", key));
    }
  }
  return cache;
}

}  // namespace

std::expected<CacheSettings, std::vector<Diagnostic>> parseCacheFile(std::string_view text,
                                                                     const std::string& file) {
  Mistakes mistakes(file);
  Mistakes warnings(file);
  const auto root = parseToml(text, mistakes);
  if (!root) return std::unexpected(mistakes.take());

  CacheSettings cache;
  const TableReader top(*root, "the file", kTopKeys, mistakes);
  if (const toml::node* value = top.node("cache"); value == nullptr) {
    mistakes.add({}, "there is no table [cache]");
  } else if (const toml::table* table = value->as_table()) {
    cache = readCache(*table, mistakes, warnings);
  } else {
    mistakes.addType("cache", *value, "a table");
  }
  if (!mistakes.none()) return std::unexpected(mistakes.take());
  cache.warnings = warnings.take();
  return cache;
}

}  // namespace wagi::config
