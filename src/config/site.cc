#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "config/sections.h"
#include "routing/hosts.h"

namespace wagi::config {
namespace {

constexpr std::string_view kName = "[[site]]";
constexpr auto kKeys = std::to_array<std::string_view>(
    {"hosts", "module", "tls_cert", "tls_key", "env", "memory_max", "cpu_ms_max", "wall_ms_max",
     "body_bytes_max", "concurrency_max", "instances"});
constexpr std::size_t kHostsMax = 1'000;  // For one site; each is looked up by itself.

// Reads sites, and remembers which host each of them has.
class SitesReader {
 public:
  SitesReader(Config& config, Mistakes& mistakes, Mistakes& warnings)
      : config_(config), mistakes_(mistakes), warnings_(warnings) {}

  // The [[site]]s come first, wherever they stand: a module's `host` may be one of theirs.
  void read(const toml::table& root) {
    forEachTable(root, "site", mistakes_, [&](const toml::table& table) { readSite(table); });
    forEachTable(root, "module", mistakes_, [&](const toml::table& table) { readTop(table); });
    checkOtherHosts();
    if (!config_.modules.empty() || !mistakes_.none()) return;
    mistakes_.add({}, "there is no [[module]], so there is nothing to serve");
  }

 private:
  void readSite(const toml::table& table);
  void readHosts(TableReader& reader, std::size_t site);
  void readTop(const toml::table& table);
  void checkOtherHosts();
  [[nodiscard]] std::optional<std::size_t> siteOf(const std::string& host,
                                                  const toml::source_region& source);

  Config& config_;
  Mistakes& mistakes_;
  Mistakes& warnings_;
  std::map<std::string, std::size_t> site_by_host_;
};

void SitesReader::readHosts(TableReader& reader, std::size_t site) {
  constexpr std::string_view kKey = "hosts";
  const toml::node* value = reader.node(kKey);
  if (value == nullptr || !value->is_array()) {
    mistakes_.add(value == nullptr ? regionOf(config_.sites[site].place) : value->source(),
                  fmt::format("{} needs `hosts`, a list such as [\"example.com\"]", kName));
    return;
  }
  const toml::array& list = *value->as_array();
  if (list.empty() || list.size() > kHostsMax) {
    return reader.mistake(
        kKey, fmt::format("`{}`: expected 1 to {} hosts, found {}", kKey, kHostsMax, list.size()));
  }
  for (const toml::node& item : list) {
    const auto text = readString(kKey, item, mistakes_);
    if (!text) continue;
    auto host = routing::parseHostPattern(*text);
    if (!host) {
      mistakes_.add(item.source(), fmt::format("`{}`: \"{}\" is no host, such as example.com or "
                                               "*.example.com: {}",
                                               kKey, *text, host.error().message));
      continue;
    }
    const auto [first, is_new] = site_by_host_.try_emplace(*host, site);
    if (is_new) {
      config_.sites[site].hosts.push_back(*std::move(host));
    } else {
      mistakes_.add(item.source(), fmt::format("`{}`: the site of line {} has \"{}\" already", kKey,
                                               config_.sites[first->second].place.line, *host));
    }
  }
}

void SitesReader::readSite(const toml::table& table) {
  TableReader reader(table, kName, kKeys, mistakes_);
  const std::size_t site = config_.sites.size();
  config_.sites.push_back({.place = mistakes_.placeOf(table.source())});
  readHosts(reader, site);
  config_.sites[site].certificate = readCertificate(reader, mistakes_);
  const Limits limits = readLimits(reader).over(config_.server.limits.over(Limits{}));
  const auto environment = reader.variables("env");
  const std::size_t before = config_.modules.size();
  forEachTable(table, "module", mistakes_, [&](const toml::table& item) {
    std::optional<std::string> host;
    Module module = readModule(item, ModuleTable::kSite, limits, host, mistakes_, warnings_);
    module.site = site;
    module.environment.insert(module.environment.begin(), environment.begin(), environment.end());
    config_.modules.push_back(std::move(module));
  });
  if (config_.modules.size() == before && reader.node("module") == nullptr) {
    mistakes_.add(table.source(), "[[site]] has no [[site.module]], so it serves nothing");
  }
}

void SitesReader::readTop(const toml::table& table) {
  std::optional<std::string> host;
  Module module = readModule(table, ModuleTable::kTop, config_.server.limits.over(Limits{}), host,
                             mistakes_, warnings_);
  if (host) {
    const auto site = siteOf(*host, table.get("host")->source());
    if (!site) return;
    module.site = *site;
  }
  config_.modules.push_back(std::move(module));
}

// Two sites can't both answer for the hosts that no other has.
void SitesReader::checkOtherHosts() {
  const auto any = site_by_host_.find(std::string(routing::kAnyHost));
  if (any == site_by_host_.end()) return;
  const auto first = std::ranges::find(config_.modules, std::size_t{0}, &Module::site);
  if (first == config_.modules.end()) return;
  const Place& place = config_.sites[any->second].place;
  mistakes_.add(regionOf(place),
                fmt::format("the host \"*\" is that of [[module]]s without a host already, such as "
                            "that of line {}",
                            first->place.line));
}

std::optional<std::size_t> SitesReader::siteOf(const std::string& host,
                                               const toml::source_region& source) {
  auto pattern = routing::parseHostPattern(host);
  if (!pattern) {
    mistakes_.add(source, fmt::format("`host`: \"{}\" is no host, such as example.com or "
                                      "*.example.com: {}",
                                      host, pattern.error().message));
    return std::nullopt;
  }
  const auto [known, is_new] = site_by_host_.try_emplace(*pattern, config_.sites.size());
  if (is_new) {
    config_.sites.push_back({.hosts = {*std::move(pattern)}, .place = mistakes_.placeOf(source)});
  }
  return known->second;
}

}  // namespace

void readSites(const toml::table& root, Config& config, Mistakes& mistakes, Mistakes& warnings) {
  SitesReader(config, mistakes, warnings).read(root);
}

}  // namespace wagi::config
