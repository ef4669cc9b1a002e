#include "server/worker/site.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <utility>

#include "base/file.h"

namespace wagi::worker {
namespace {

// Mappings of a live instance: its memory and guard, its image, its table, its stack and guard.
constexpr std::size_t kMappingsPerInstance = 8;
constexpr std::size_t kMappingsMin = kInstancesMax * kMappingsPerInstance;

void warnOfFewMappings() {
  std::size_t mappings_max = 0;
  std::ifstream("/proc/sys/vm/max_map_count") >> mappings_max;
  if (mappings_max != 0 && mappings_max < kMappingsMin) {
    spdlog::warn(
        "vm.max_map_count is {}: fewer than {} requests can run at once in a worker; "
        "`sysctl -w vm.max_map_count={}` raises it",
        mappings_max, kInstancesMax, kMappingsMin);
  }
}

// The last line of an error of Wasmtime's, which has the cause; the lines above say where it arose.
std::string_view rootCause(std::string_view message) {
  while (message.ends_with('\n')) message.remove_suffix(1);
  std::string_view line = message.substr(message.rfind('\n') + 1);
  line.remove_prefix(std::min(line.find_first_not_of(" 0123456789:"), line.size()));
  return line;
}

// The next request would get what the last one left, which nobody may see. Where this comes from
// (a fault of ours or of the machine's memory) isn't known, so that the process can't be trusted.
void endForDifference(const std::string& module) {
  spdlog::critical(
      "{}: an instance that was set back isn't in its first state; the worker ends. "
      "`instances = \"new\"` makes a new one for each request. Please report this",
      module);
  spdlog::shutdown();
  std::abort();
}

bool isSameFile(int left, int right) {
  struct stat a{}, b{};
  return ::fstat(left, &a) == 0 && ::fstat(right, &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

}  // namespace

LoadedRoute::LoadedRoute(const Plan& whole, const Route& route, const routing::Pattern& matched,
                         const engine::Module& loaded, engine::KeptInstances* kept_in,
                         Warnings warnings)
    : plan(route),
      index(static_cast<std::size_t>(&route - whole.routes.data())),
      pattern(matched),
      module(loaded),
      entrypoint(loaded.find(route.entrypoint)),
      kept(kept_in),
      name(route.name()),
      environment({matched.text(), matched.scriptName()}, route.environment,
                  gateway::DefaultHost{whole.default_host, whole.default_port}),
      log(whole.log_dir, name) {
  for (const config::Volume& volume : route.volumes) {
    UniqueFd folder = openFolder(volume.host);
    if (!folder) {
      if (warnings == Warnings::kSilent) continue;
      spdlog::warn("route {}: can't open the volume {} ({}): {}; its guests won't see it", name,
                   volume.guest, volume.host, std::strerror(errno));
      continue;
    }
    addVolume(volume, std::move(folder));
  }
}

LoadedRoute::~LoadedRoute() {
  if (failures.leftOut() > 0) tellOfLeftOut(plan, failures.leftOut());
}

void LoadedRoute::addVolume(const config::Volume& volume, UniqueFd folder) {
  preopens_.push_back({volume.guest, folder.get(), volume.read_only});
  // One folder under two names is locked once: a second lock would wait for the first.
  if (volume.exclusive && std::ranges::none_of(exclusive_, [&](int other) {
        return isSameFile(other, folder.get());
      })) {
    exclusive_.push_back(folder.get());
  }
  folders_.push_back(std::move(folder));
}

Sites::Sites(const Plan& plan, Warnings warnings)
    : plan_(plan),
      warnings_(warnings),
      serves_any_host_(servesAnyHost(plan)),
      serves_other_hosts_(servesOtherHosts(plan)),
      idle_(endForDifference) {}

Result<std::unique_ptr<Sites>> Sites::load(const Plan& plan, const SharedCounters& counters,
                                           Warnings warnings) {
  if (warnings == Warnings::kLogged) warnOfFewMappings();
  std::unique_ptr<Sites> sites(new Sites(plan, warnings));
  if (const auto pool = sites->runtimes_.makePool(); !pool && warnings == Warnings::kLogged) {
    spdlog::warn("there is no pool of instances, so each request maps its own memory, slower: {}",
                 pool.error().message);
  }
  sites->routes_.resize(plan.routes.size());
  sites->sites_.reserve(plan.sites.size());  // Loaded routes borrow patterns.
  for (const Site& site : plan.sites) {
    if (auto loaded = sites->loadSite(site, counters); !loaded) {
      return std::unexpected(std::move(loaded.error()));
    }
  }
  return sites;
}

Result<void> Sites::loadSite(const Site& site, const SharedCounters& counters) {
  for (const std::string& host : site.hosts) hosts_.add(host, sites_.size());
  std::vector<routing::Pattern> patterns;
  patterns.reserve(site.targets.size());
  for (const Target& target : site.targets) {
    const auto* const guest = std::get_if<GuestTarget>(&target);
    auto pattern = routing::Pattern::parse(
        guest != nullptr ? std::string_view(plan_.routes[guest->route].pattern)
                         : routing::kHealthPath);
    if (!pattern) return std::unexpected(std::move(pattern.error()));
    patterns.push_back(std::move(*pattern));
  }
  const LoadedSite& loaded =
      sites_.emplace_back(routing::Router(std::move(patterns)), site.targets);
  for (std::size_t i = 0; i < site.targets.size(); ++i) {
    const auto* const guest = std::get_if<GuestTarget>(&site.targets[i]);
    if (guest == nullptr) continue;
    const Route& route = plan_.routes[guest->route];
    if (counters.isOutOfService(route.module_index)) continue;
    auto module = moduleOf(route);
    if (!module) return std::unexpected(std::move(module.error()));
    routes_[guest->route] = std::make_unique<LoadedRoute>(plan_, route, loaded.router.pattern(i),
                                                          **module, keptFor(route), warnings_);
  }
  return {};
}

std::expected<Target, NoTarget> Sites::match(std::string_view host, std::string_view path) const {
  std::size_t site = 0;
  if (!serves_any_host_) {
    site = hosts_.find(host.empty() ? plan_.default_host : host).value_or(0);
  }
  const auto target = sites_[site].router.match(path);
  if (target) return sites_[site].targets[*target];
  const bool is_unknown = site == 0 && !serves_other_hosts_;
  return std::unexpected(is_unknown ? NoTarget::kUnknownHost : NoTarget::kNoRoute);
}

Result<const engine::Module*> Sites::moduleOf(const Route& route) {
  auto& slot = modules_[route.code];
  if (!slot) {
    auto module = loadModule(route);
    if (!module) return std::unexpected(std::move(module.error()));
    slot = std::make_unique<engine::Module>(std::move(*module));
  }
  return slot.get();
}

Result<engine::Module> Sites::loadModule(const Route& route) {
  auto loaded = runtimes_.load(route.code);
  if (!loaded) return fail(route.module + ": " + loaded.error().message);
  if (!loaded->unfit.empty() && warnings_ == Warnings::kLogged) {
    spdlog::warn("{} doesn't fit the pool's slots, so its instances are made on demand: {}",
                 route.module, rootCause(loaded->unfit));
  }
  if (auto bound = runtimes_.bind(loaded->module); !bound) {
    return fail(route.module + ": " + bound.error().message);
  }
  return std::move(loaded->module);
}

engine::KeptInstances* Sites::keptFor(const Route& route) {
  if (route.instances != engine::Instances::kKept) return nullptr;
  auto& kept = kept_[{sites_.size(), route.code, route.entrypoint}];
  if (kept == nullptr) kept = std::make_unique<engine::KeptInstances>(idle_, route.module);
  return kept.get();
}

bool Sites::sweep() {
  idle_.sweep();
  const bool has_slots = runtimes_.sweep();
  return has_slots || idle_.count() > 0;
}

std::vector<wasi::Preopen> Sites::volumes() const {
  std::vector<wasi::Preopen> volumes;
  for (const auto& route : routes_) {
    if (!route) continue;
    volumes.insert(volumes.end(), route->preopens().begin(), route->preopens().end());
  }
  return volumes;
}

}  // namespace wagi::worker
