#include "config/application.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>

#include "base/utf8.h"
#include "config/env_pair.h"
#include "config/rules.h"
#include "config/toml_reader.h"
#include "guest/gateway/argv.h"
#include "routing/hosts.h"

namespace wagi::config {
namespace {

constexpr std::uint64_t kBytesMax = INT64_MAX;  // As large as a file can say it.

// One module, each of whose values is held against the rule of its key.
class Checker {
 public:
  Checker(Module& module, Mistakes& mistakes, std::vector<Diagnostic>& warnings)
      : module_(module), mistakes_(mistakes), warnings_(warnings) {}

  void run() {
    checkReached();
    nonEmpty("module", module_.module, module_.module_place);
    nonEmpty("entrypoint", module_.entrypoint, module_.place);
    if (module_.argv) checkTemplate();
    if (module_.bindle_server) nonEmpty("bindle_server", *module_.bindle_server, module_.place);
    checkVolumes();
    for (const auto& [name, value] : module_.environment) checkVariable(name, value);
    checkHosts();
    checkConcurrency();
    checkLimits();
  }

 private:
  void mistake(const std::string& message) { mistakes_.addAt(module_.place, message); }
  void take(const Result<void>& verdict) {
    if (!verdict) mistake(verdict.error().message);
  }

  // Whether a file could hold it; else that is the mistake.
  bool text(std::string_view key, std::string_view value, const Place& place) {
    if (value.contains('\0')) {
      mistakes_.addAt(place, fmt::format("`{}` must not contain NUL", key));
    } else if (!isUtf8(value)) {
      mistakes_.addAt(place, fmt::format("`{}` must be UTF-8", key));
    } else {
      return true;
    }
    return false;
  }
  void nonEmpty(std::string_view key, std::string_view value, const Place& place) {
    if (!text(key, value, place) || !value.empty()) return;
    mistakes_.addAt(place, fmt::format("`{}` must not be empty", key));
  }
  void atMost(std::string_view key, std::uint64_t value, std::uint64_t most) {
    if (value > most) mistake(fmt::format("`{}` must be at most {}", key, most));
  }

  void checkReached() {
    if (!text("route", module_.route, module_.place)) return;
    const auto good = checkRoute(module_.route);
    if (!good) return take(good);
    for (std::string& why : warningsOfRoute(module_.route)) {
      warnings_.push_back({module_.place, std::move(why)});
    }
  }

  void checkTemplate() {
    if (text("argv", *module_.argv, module_.place)) take(gateway::checkArgv(*module_.argv));
  }

  void checkVolumes() {
    if (module_.volumes.size() > kVolumesMax) {
      return mistake(fmt::format("`volumes`: at most {} are possible", kVolumesMax));
    }
    std::vector<Volume> others;
    for (const Volume& volume : module_.volumes) {
      if (const auto good = checkGuestPath(volume.guest, others); !good) {
        mistakes_.addAt(volume.place, good.error().message);
      } else {
        std::ignore = text("volumes", volume.guest, volume.place);
      }
      nonEmpty("volumes", volume.host, volume.place);
      others.push_back(volume);
    }
  }

  void checkVariable(std::string_view name, std::string_view value) {
    if (const auto good = config::checkVariable(name, value); !good) {
      return mistake(fmt::format("`environment`: {}", good.error().message));
    }
    if (text("environment", name, module_.place)) {
      std::ignore = text("environment", value, module_.place);
    }
  }

  void checkHosts() {
    if (module_.allowed_hosts.size() > kAllowedHostsMax) {
      return mistake(fmt::format("`allowed_hosts`: at most {} are possible", kAllowedHostsMax));
    }
    for (const std::string& host : module_.allowed_hosts) {
      if (text("allowed_hosts", host, module_.place)) take(checkAllowedHost(host));
    }
  }

  void checkConcurrency() {
    std::optional<std::uint64_t>& most = module_.http_max_concurrency;
    if (!most || *most <= kHttpConcurrencyMax) return;
    if (*most > kHttpConcurrencyWrittenMax) {
      return atMost("http_max_concurrency", *most, kHttpConcurrencyWrittenMax);
    }
    warnings_.push_back({module_.place, concurrencyIsCut(*most)});
    most = kHttpConcurrencyMax;
  }

  void checkLimits() {
    const Limits& limits = module_.limits;
    atMost("memory_max", limits.memory_bytes_max, kBytesMax);
    atMost("cpu_ms_max", limits.cpu_ms_max, kMillisecondsMax);
    atMost("wall_ms_max", limits.wall_ms_max, kMillisecondsMax);
    atMost("body_bytes_max", limits.body_bytes_max, kBytesMax);
    atMost("concurrency_max", limits.concurrency_max, kConcurrencyMax);
  }

  Module& module_;
  Mistakes& mistakes_;
  std::vector<Diagnostic>& warnings_;
};

// As a [[site]] is read: hosts that are some, and each of one site.
void checkSites(Application& application, Mistakes& mistakes) {
  if (application.sites.empty()) application.sites.emplace_back();
  std::set<std::string> taken;
  for (Site& site : application.sites) {
    for (std::string& host : site.hosts) {
      auto pattern = routing::parseHostPattern(host);
      if (!pattern) {
        mistakes.addAt(site.place,
                       fmt::format("\"{}\" is no host: {}", host, pattern.error().message));
        continue;
      }
      host = *std::move(pattern);
      if (!taken.insert(host).second) {
        mistakes.addAt(site.place, fmt::format("another site has \"{}\" already", host));
      }
    }
  }
  for (const Module& module : application.modules) {
    if (module.site < application.sites.size()) continue;
    mistakes.addAt(module.place, fmt::format("there is no site {}", module.site));
  }
}

}  // namespace

std::expected<void, std::vector<Diagnostic>> check(Application& application) {
  const std::string no_file;
  Mistakes mistakes(no_file);
  if (application.modules.empty()) {
    mistakes.addAt({}, "there is no module, so there is nothing to serve");
  }
  checkSites(application, mistakes);
  for (Module& module : application.modules) {
    Checker(module, mistakes, application.warnings).run();
  }
  std::ranges::move(warningsOfEqualRoutes(application.modules, "module"),
                    std::back_inserter(application.warnings));
  if (!mistakes.none()) return std::unexpected(mistakes.take());
  return {};
}

}  // namespace wagi::config
