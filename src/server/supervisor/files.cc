#include "server/supervisor/files.h"

#include <filesystem>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "base/file.h"
#include "config/cache_file.h"
#include "config/env_file.h"

namespace wagi::supervisor {
namespace {

void append(Diagnostics& all, Diagnostics more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

std::expected<std::vector<config::EnvPair>, Diagnostics> readEnvFiles(
    const std::vector<std::string>& files) {
  std::vector<config::EnvPair> variables;
  Diagnostics mistakes;
  for (const std::string& file : files) {
    const auto text = readFile(file, kConfigBytesMax);
    if (!text) {
      mistakes.push_back({{}, "the env file: " + text.error().message});
      continue;
    }
    auto pairs = config::parseEnvFile(*text, file);
    if (!pairs) {
      append(mistakes, std::move(pairs.error()));
      continue;
    }
    variables.insert(variables.end(), std::make_move_iterator(pairs->begin()),
                     std::make_move_iterator(pairs->end()));
  }
  if (!mistakes.empty()) return std::unexpected(std::move(mistakes));
  return variables;
}

std::vector<config::EnvPair> lastOfEach(const std::vector<config::EnvPair>& variables) {
  std::vector<config::EnvPair> each;
  std::unordered_map<std::string_view, std::size_t> places;
  for (const auto& [name, value] : variables) {
    const auto [place, is_new] = places.try_emplace(name, each.size());
    if (is_new) {
      each.emplace_back(name, value);
    } else {
      each[place->second].second = value;
    }
  }
  return each;
}

std::expected<artifact::Cache::Settings, Diagnostics> readCacheSettings(
    const std::optional<std::string>& file, Diagnostics* warnings) {
  const std::string path = file.value_or(kDefaultCacheFile);
  std::error_code unknown;
  if (!file && !std::filesystem::exists(path, unknown)) return artifact::Cache::Settings{};
  const auto text = readFile(path, kConfigBytesMax);
  if (!text) return std::unexpected(Diagnostics{{{}, "the cache file: " + text.error().message}});
  auto settings = config::parseCacheFile(*text, path);
  if (!settings) return std::unexpected(std::move(settings.error()));
  if (warnings != nullptr) append(*warnings, std::move(settings->warnings));
  return artifact::Cache::Settings{.enabled = settings->enabled,
                                   .directory = std::move(settings->directory),
                                   .total_bytes_soft_max = settings->files_total_bytes_soft_max,
                                   .entries_soft_max = settings->files_soft_max};
}

}  // namespace wagi::supervisor
