#include "config/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/rules.h"
#include "config/sections.h"
#include "config/toml_reader.h"

namespace wagi::config {
namespace {

constexpr auto kTopKeys =
    std::to_array<std::string_view>({"module", "site", "listen", "server", "registries", "trust"});

// One key under the three names that Wagi had for it before it became a flag.
constexpr std::string_view kHostnameAdvice =
    "write `hostname` in [server] instead, or give --hostname";
constexpr auto kFormerKeys = std::to_array<FormerKey>({{"default_host", kHostnameAdvice},
                                                       {"defaultHost", kHostnameAdvice},
                                                       {"defaultDomain", kHostnameAdvice}});

// The table `key`, by `read`; nothing where there is none.
template <class Read>
void readTable(const TableReader& top, std::string_view key, Mistakes& mistakes, Read read) {
  const toml::node* value = top.node(key);
  if (value == nullptr) return;
  if (const toml::table* table = value->as_table()) return read(*table);
  mistakes.addType(key, *value, "a table");
}

void readListens(const toml::table& root, Config& config, Mistakes& mistakes) {
  forEachTable(root, "listen", mistakes, [&](const toml::table& table) {
    config.listens.push_back(readListen(table, mistakes));
  });
  if (config.server.listen && !config.listens.empty()) {
    mistakes.add(regionOf(config.listens.front().place),
                 "[[listen]] and `listen` in [server] are given: write a [[listen]] for each");
  }
  for (auto listen = config.listens.begin(); listen != config.listens.end(); ++listen) {
    const auto same =
        std::ranges::find(config.listens.begin(), listen, listen->address, &Listen::address);
    // A port that the kernel chooses is another one each time.
    const bool is_any = listen->address.kind == Endpoint::Kind::kIp && listen->address.port == 0;
    if (same == listen || is_any) continue;
    mistakes.add(regionOf(listen->place),
                 fmt::format("`address`: the [[listen]] of line {} has {} already",
                             same->place.line, listen->address.text()));
  }
}

}  // namespace

std::string Diagnostic::text() const {
  if (place.line == 0)
    return place.file.empty() ? message : fmt::format("{}: {}", place.file, message);
  return fmt::format("{}:{}:{}: {}", place.file, place.line, place.column, message);
}

std::string text(const std::vector<Diagnostic>& diagnostics) {
  std::string lines;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!lines.empty()) lines.push_back('\n');
    lines.append(diagnostic.text());
  }
  return lines;
}

Limits LimitSettings::over(const Limits& defaults) const {
  return {.memory_bytes_max = memory_bytes_max.value_or(defaults.memory_bytes_max),
          .cpu_ms_max = cpu_ms_max.value_or(defaults.cpu_ms_max),
          .wall_ms_max = wall_ms_max.value_or(defaults.wall_ms_max),
          .body_bytes_max = body_bytes_max.value_or(defaults.body_bytes_max),
          .concurrency_max = concurrency_max.value_or(defaults.concurrency_max),
          .keeps_instances = keeps_instances.value_or(defaults.keeps_instances)};
}

std::expected<Config, std::vector<Diagnostic>> parse(std::string_view text,
                                                     const std::string& file) {
  Mistakes mistakes(file);
  Mistakes warnings(file);
  const auto root = parseToml(text, mistakes);
  if (!root) return std::unexpected(mistakes.take());

  const TableReader top(*root, "the file", kTopKeys, mistakes, kFormerKeys, warnings);
  Config config;
  readTable(top, "server", mistakes,
            [&](const toml::table& table) { config.server = readServer(table, mistakes); });
  readTable(top, "registries", mistakes,
            [&](const toml::table& table) { config.registries = readRegistries(table, mistakes); });
  readTable(top, "trust", mistakes,
            [&](const toml::table& table) { config.trust = readTrust(table, mistakes); });
  readListens(*root, config, mistakes);
  readSites(*root, config, mistakes, warnings);
  for (const Diagnostic& equal : warningsOfEqualRoutes(config.modules, "[[module]]")) {
    warnings.addAt(equal.place, equal.message);
  }
  if (!mistakes.none()) return std::unexpected(mistakes.take());
  config.warnings = warnings.take();
  return config;
}

}  // namespace wagi::config
