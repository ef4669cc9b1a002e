#include <fmt/format.h>

#include <array>

#include "config/rules.h"
#include "config/sections.h"
#include "guest/gateway/argv.h"

namespace wagi::config {
namespace {

constexpr auto kKeys = std::to_array<std::string_view>(
    {"host", "route", "module", "entrypoint", "argv", "volumes", "environment", "allowed_hosts",
     "http_max_concurrency", "bindle_server", "memory_max", "cpu_ms_max", "wall_ms_max",
     "body_bytes_max", "concurrency_max", "instances"});

// Wagi reserved `repository` to the end.
constexpr auto kFormerKeys = std::to_array<FormerKey>(
    {{"repository", "leave it out, and name a registry in `module`, as in \"oci://HOST/NAME:TAG\""},
     {"concurrency",
      "write `http_max_concurrency` for outbound answers, or `concurrency_max` for "
      "requests at once"}});

constexpr auto kVolumeKeys = std::to_array<std::string_view>({"path", "read_only", "exclusive"});

// "host directory", or {path = "host directory", read_only = true, exclusive = true}.
std::optional<Volume> readVolume(const std::string& guest, const toml::node& value,
                                 Mistakes& mistakes) {
  const std::string key = fmt::format("volumes.\"{}\"", guest);
  Volume volume{.guest = guest, .host = {}, .place = mistakes.placeOf(value.source())};
  if (const toml::table* table = value.as_table()) {
    TableReader reader(*table, key, kVolumeKeys, mistakes);
    auto host = reader.required("path");
    volume.read_only = reader.boolean("read_only").value_or(false);
    volume.exclusive = reader.boolean("exclusive").value_or(false);
    if (!host) return std::nullopt;
    volume.host = std::move(*host);
    return volume;
  }
  if (!value.is_string()) {
    mistakes.addType(key, value, "a folder, or {path = \"folder\", read_only = true}");
    return std::nullopt;
  }
  auto host = readString(key, value, mistakes);
  if (!host) return std::nullopt;
  if (host->empty()) {
    mistakes.add(value.source(), fmt::format("`{}` must not be empty", key));
    return std::nullopt;
  }
  volume.host = std::move(*host);
  return volume;
}

std::vector<Volume> readVolumes(TableReader& reader, Mistakes& mistakes) {
  const toml::table* table =
      reader.table("volumes", "a table, such as {\"/in/guest\" = \"on/host\"}");
  if (table == nullptr) return {};
  if (table->size() > kVolumesMax) {
    reader.mistake("volumes", fmt::format("`volumes`: at most {} are possible", kVolumesMax));
    return {};
  }
  std::vector<Volume> volumes;
  for (const auto& [guest, host] : *table) {
    if (const auto good = checkGuestPath(guest.str(), volumes); !good) {
      mistakes.add(guest.source(), good.error().message);
    } else if (auto volume = readVolume(std::string(guest.str()), host, mistakes)) {
      volumes.push_back(std::move(*volume));
    }
  }
  return volumes;
}

std::vector<std::string> readAllowedHosts(TableReader& reader, Mistakes& mistakes) {
  constexpr std::string_view kKey = "allowed_hosts";
  std::vector<std::string> hosts;
  const toml::array* list = reader.list(kKey, "a list of strings", kAllowedHostsMax);
  if (list == nullptr) return hosts;
  for (const toml::node& item : *list) {
    auto text = readString(kKey, item, mistakes);
    if (!text) continue;
    if (const auto good = checkAllowedHost(*text); !good) {
      mistakes.add(item.source(), good.error().message);
    } else {
      hosts.push_back(*std::move(text));
    }
  }
  return hosts;
}

std::optional<std::uint64_t> readHttpConcurrency(TableReader& reader, Mistakes& warnings) {
  constexpr std::string_view kKey = "http_max_concurrency";
  const auto count = reader.number(kKey, {0, kHttpConcurrencyWrittenMax});
  if (!count || *count <= kHttpConcurrencyMax) return count;
  warnings.add(reader.node(kKey)->source(), concurrencyIsCut(*count));
  return kHttpConcurrencyMax;
}

std::optional<bool> readInstances(TableReader& reader) {
  const auto instances = reader.oneOf("instances", {"kept", "new"});
  if (!instances) return std::nullopt;
  return *instances == 0;
}

}  // namespace

LimitSettings readLimits(TableReader& reader) {
  return {.memory_bytes_max = reader.size("memory_max", {}),
          .cpu_ms_max = reader.number("cpu_ms_max", {0, kMillisecondsMax}),
          .wall_ms_max = reader.number("wall_ms_max", {0, kMillisecondsMax}),
          .body_bytes_max = reader.size("body_bytes_max", {}),
          .concurrency_max = reader.number("concurrency_max", {0, kConcurrencyMax}),
          .keeps_instances = readInstances(reader)};
}

Module readModule(const toml::table& table, ModuleTable where, const Limits& defaults,
                  std::optional<std::string>& host, Mistakes& mistakes, Mistakes& warnings) {
  const bool is_top = where == ModuleTable::kTop;
  TableReader reader(table, is_top ? "[[module]]" : "[[site.module]]",
                     std::span(kKeys).subspan(is_top ? 0 : 1), mistakes, kFormerKeys, warnings);
  Module module;
  if (is_top) host = reader.nonEmpty("host");
  module.place = mistakes.placeOf(table.source());
  if (auto route = reader.required("route")) {
    if (const auto good = checkRoute(*route)) {
      const toml::source_region& source = reader.node("route")->source();
      for (const std::string& why : warningsOfRoute(*route)) warnings.add(source, why);
    } else {
      reader.mistake("route", good.error().message);
    }
    module.route = std::move(*route);
  }
  if (auto reference = reader.required("module")) {
    module.module = std::move(*reference);
    module.module_place = mistakes.placeOf(reader.node("module")->source());
  }
  if (auto entrypoint = reader.nonEmpty("entrypoint")) module.entrypoint = std::move(*entrypoint);
  module.argv = reader.string("argv");
  if (module.argv) {
    if (const auto good = gateway::checkArgv(*module.argv); !good) {
      reader.mistake("argv", good.error().message);
    }
  }
  module.volumes = readVolumes(reader, mistakes);
  module.environment = reader.variables("environment");
  module.allowed_hosts = readAllowedHosts(reader, mistakes);
  module.http_max_concurrency = readHttpConcurrency(reader, warnings);
  module.bindle_server = reader.nonEmpty("bindle_server");
  module.limits = readLimits(reader).over(defaults);
  return module;
}

}  // namespace wagi::config
