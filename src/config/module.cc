#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ranges>

#include "config/sections.h"
#include "guest/gateway/argv.h"
#include "net/outbound/allowed_hosts.h"
#include "routing/pattern.h"

namespace wagi::config {
namespace {

constexpr std::string_view kName = "[[module]]";

constexpr auto kKeys = std::to_array<std::string_view>(
    {"route", "module", "entrypoint", "argv", "volumes", "environment", "allowed_hosts",
     "http_max_concurrency", "bindle_server", "memory_max", "cpu_ms_max", "wall_ms_max",
     "body_bytes_max", "concurrency_max"});

// Wagi served modules by host before 0.2, and reserved `repository` to the end.
constexpr auto kFormerKeys = std::to_array<FormerKey>(
    {{"host", "the module answers for every host; start a server for each, behind a proxy"},
     {"repository", "leave it out, and name a registry in `module`, as in \"oci://HOST/NAME:TAG\""},
     {"concurrency",
      "write `http_max_concurrency` for outbound answers, or `concurrency_max` for "
      "requests at once"}});

constexpr auto kVolumeKeys = std::to_array<std::string_view>({"path", "read_only", "exclusive"});

// Each is a descriptor in every worker, and one more in each instance that lists it.
constexpr std::size_t kVolumesMax = 64;

// Each request is held against all of them.
constexpr std::size_t kAllowedHostsMax = 1'000;
// Each answer that a guest holds may be a connection of its worker.
constexpr std::uint64_t kHttpConcurrencyMax = 1'000;

// Bytes that no path of a request has: they end it, or must come percent-encoded.
constexpr std::string_view kNeverInPaths = " ?#";

void checkRoute(const std::string& route, TableReader& reader, const toml::source_region& source,
                Mistakes& warnings) {
  constexpr std::string_view kKey = "route";
  if (const auto pattern = routing::Pattern::parse(route); !pattern) {
    return reader.mistake(kKey, pattern.error().message);
  }
  if (route == routing::kHealthPath) {
    warnings.add(source,
                 fmt::format("the route `{}` is never reached: the server answers there", route));
  }
  if (route.find_first_of(kNeverInPaths) != std::string::npos) {
    warnings.add(source, fmt::format("the route `{}` is never reached: a request's path has no "
                                     "space, '?' or '#'; write it percent-encoded",
                                     route));
  }
}

// A guest's path as libc takes it: "/data", "data" and "/data/" are one.
std::string nameInGuest(std::string_view path) {
  while (path.starts_with('/') || path.starts_with("./")) path.remove_prefix(1 + (path[0] == '.'));
  while (path.ends_with('/')) path.remove_suffix(1);
  return path == "." ? "" : std::string(path);
}

// Where a program looks for its files, so nothing that it could never name.
std::optional<std::string> unfitForGuest(const std::string& path,
                                         const std::vector<Volume>& others) {
  if (path.empty() || path.contains('\0')) return "must not be empty or contain NUL";
  for (const auto part : std::views::split(std::string_view(path), '/')) {
    if (std::string_view(part) == "..") return "must not contain `..`";
  }
  const bool taken = std::ranges::any_of(
      others, [&](const Volume& v) { return nameInGuest(v.guest) == nameInGuest(path); });
  if (taken) return fmt::format("is the same as another one's: \"{}\"", path);
  return std::nullopt;
}

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
  const toml::node* value = reader.node("volumes");
  if (value == nullptr) return {};
  if (!value->is_table()) {
    mistakes.addType("volumes", *value, "a table, such as {\"/in/guest\" = \"on/host\"}");
    return {};
  }
  if (value->as_table()->size() > kVolumesMax) {
    reader.mistake("volumes", fmt::format("`volumes`: at most {} are possible", kVolumesMax));
    return {};
  }
  std::vector<Volume> volumes;
  for (const auto& [guest, host] : *value->as_table()) {
    if (const auto unfit = unfitForGuest(std::string(guest.str()), volumes)) {
      mistakes.add(guest.source(), "`volumes`: a guest's path " + *unfit);
    } else if (auto volume = readVolume(std::string(guest.str()), host, mistakes)) {
      volumes.push_back(std::move(*volume));
    }
  }
  return volumes;
}

std::vector<std::string> readAllowedHosts(TableReader& reader, Mistakes& mistakes) {
  constexpr std::string_view kKey = "allowed_hosts";
  const toml::node* value = reader.node(kKey);
  if (value == nullptr) return {};
  if (!value->is_array()) {
    mistakes.addType(kKey, *value, "a list of strings");
    return {};
  }
  if (value->as_array()->size() > kAllowedHostsMax) {
    reader.mistake(kKey, fmt::format("`{}`: at most {} are possible", kKey, kAllowedHostsMax));
    return {};
  }
  std::vector<std::string> hosts;
  for (const toml::node& item : *value->as_array()) {
    auto text = readString(kKey, item, mistakes);
    if (!text) continue;
    if (const auto host = outbound::parseAllowedHost(*text)) {
      hosts.push_back(*std::move(text));
    } else {
      mistakes.add(item.source(), fmt::format("`{}`: \"{}\" names no host, such as "
                                              "https://example.com: {}",
                                              kKey, *text, host.error().message));
    }
  }
  return hosts;
}

// Wagi's files may have any number of 32 bits.
std::optional<std::uint64_t> readHttpConcurrency(TableReader& reader, Mistakes& warnings) {
  constexpr std::string_view kKey = "http_max_concurrency";
  const auto count = reader.number(kKey, {0, UINT32_MAX});
  if (!count || *count <= kHttpConcurrencyMax) return count;
  warnings.add(reader.node(kKey)->source(), fmt::format("`{}` is {}, and {} is taken: the most",
                                                        kKey, *count, kHttpConcurrencyMax));
  return kHttpConcurrencyMax;
}

}  // namespace

LimitSettings readLimits(TableReader& reader) {
  return {.memory_bytes_max = reader.size("memory_max", {}),
          .cpu_ms_max = reader.number("cpu_ms_max", {0, kMillisecondsMax}),
          .wall_ms_max = reader.number("wall_ms_max", {0, kMillisecondsMax}),
          .body_bytes_max = reader.size("body_bytes_max", {}),
          .concurrency_max = reader.number("concurrency_max", {0, UINT32_MAX})};
}

Module readModule(const toml::table& table, const Limits& defaults, Mistakes& mistakes,
                  Mistakes& warnings) {
  TableReader reader(table, kName, kKeys, mistakes, kFormerKeys, warnings);
  Module module;
  module.place = mistakes.placeOf(table.source());
  if (auto route = reader.required("route")) {
    checkRoute(*route, reader, reader.node("route")->source(), warnings);
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
