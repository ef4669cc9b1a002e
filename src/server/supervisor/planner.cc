#include "server/supervisor/planner.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <ranges>
#include <set>
#include <utility>

#include "base/printable.h"
#include "guest/engine/application_abi.h"
#include "routing/pattern.h"
#include "routing/routes_output.h"
#include "server/supervisor/table.h"

namespace wagi::supervisor {
namespace {

constexpr std::size_t kNamesShownMax = 20;  // A message lists so many of a module's exports.

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string listOf(const std::vector<std::string>& names) {
  if (names.empty()) return "nothing that can be called";
  std::string list;
  for (const std::string& name : names | std::views::take(kNamesShownMax)) {
    list += fmt::format("{}{}", list.empty() ? "" : ", ", printable(name));
  }
  return list + (names.size() > kNamesShownMax ? ", ..." : "");
}

std::vector<outbound::AllowedHost> allowedHosts(const config::Module& config) {
  std::vector<outbound::AllowedHost> hosts;
  for (const std::string& text : config.allowed_hosts) {
    // The text parsed when the configuration was read.
    if (auto host = outbound::parseAllowedHost(text)) hosts.push_back(*std::move(host));
  }
  return hosts;
}

// The host by which messages name a route of the site; empty in the first site, which has none.
std::string hostOf(const worker::Site& site) {
  return site.hosts.empty() ? std::string() : site.hosts.front();
}

class Planner {
 public:
  Planner(const Description& description, const artifact::Inspections& inspections)
      : description_(description), inspections_(inspections) {}

  std::expected<Prepared, Diagnostics> plan() {
    addSites();
    for (std::size_t i = 0; i < description_.modules.size(); ++i) addModule(i);
    if (!mistakes_.empty()) return std::unexpected(std::move(mistakes_));
    warnOfHiddenRoutes();
    describeServer();
    prepared_.code = std::make_shared<const std::vector<Code>>(std::move(opened_code_));
    return std::move(prepared_);
  }

 private:
  void mistake(const config::Place& place, std::string message) {
    mistakes_.push_back({place, std::move(message)});
  }
  void warn(const config::Place& place, std::string message) {
    prepared_.warnings.push_back({place, std::move(message)});
  }
  void addSites();
  void addModule(std::size_t index);
  void addRoute(const DescribedModule& module, std::size_t index, const artifact::Inspection& facts,
                std::string pattern, std::string entrypoint);
  std::optional<std::string> open(const artifact::Inspection& facts, const DescribedModule& module);
  void warnOfHiddenRoutes();
  void describeServer();

  const Description& description_;
  const artifact::Inspections& inspections_;
  std::map<std::string, std::string>
      opened_;  // From a file of compiled code to its descriptor's path.
  std::vector<Code> opened_code_;
  std::string code_;  // The path of the compiled code of the module at hand.
  Prepared prepared_;
  Diagnostics mistakes_;
};

// Every host has the health page, before all routes of its own.
void Planner::addSites() {
  worker::Plan& plan = prepared_.plan;
  plan.sites.clear();
  for (const DescribedSite& site : description_.sites) {
    plan.sites.push_back({site.hosts, {worker::BuiltInPage::kHealth}, site.certificate});
  }
}

void Planner::addModule(std::size_t index) {
  const DescribedModule& module = description_.modules[index];
  const auto& facts = inspections_.of(module.path);
  if (!facts) return mistake(module.config.module_place, facts.error().message);
  const std::uint64_t memory_bytes_max = module.config.limits.memory_bytes_max;
  if (const std::string& failure = facts->starts.at(memory_bytes_max); !failure.empty()) {
    return mistake(module.config.module_place,
                   fmt::format("{} can't be started with a memory_max of {}: {}", module.path,
                               sizeText(memory_bytes_max), failure));
  }
  auto pattern = routing::Pattern::parse(module.config.route);
  if (!pattern) return mistake(module.config.place, pattern.error().message);
  auto code = open(*facts, module);
  if (!code) return;
  code_ = *std::move(code);

  if (facts->routes) {
    auto subroutes = routing::parseRoutesOutput(*facts->routes, *pattern);
    if (!subroutes) {
      return mistake(
          module.config.module_place,
          fmt::format("{}: its _routes function: {}", module.path, subroutes.error().message));
    }
    for (routing::Subroute& subroute : *subroutes) {
      addRoute(module, index, *facts, subroute.pattern.text(), std::move(subroute.entrypoint));
    }
  }
  addRoute(module, index, *facts, module.config.route, module.config.entrypoint);
}

void Planner::addRoute(const DescribedModule& module, std::size_t index,
                       const artifact::Inspection& facts, std::string pattern,
                       std::string entrypoint) {
  const config::Module& config = module.config;
  if (contains(facts.others, entrypoint)) {
    warn(config.module_place,
         fmt::format(
             "{}: its function {} has parameters or results, so it can't be called: requests "
             "to {} will get a 500",
             module.path, entrypoint, pattern));
  } else if (!contains(facts.commands, entrypoint)) {
    warn(config.module_place,
         fmt::format("{} exports no function {}: requests to {} will get a 500; it exports {}",
                     module.path, entrypoint, pattern, listOf(facts.commands)));
  } else if (entrypoint != engine::kStartFunction &&
             contains(facts.others, engine::kInitializeFunction)) {
    warn(config.module_place,
         fmt::format("{}: its function {} has parameters or results, so it can't be called before "
                     "{}: requests to {} will get a 500",
                     module.path, engine::kInitializeFunction, entrypoint, pattern));
  }
  const bool made_anew =
      facts.instances == engine::Instances::kKept && !config.limits.keeps_instances;
  worker::Plan& plan = prepared_.plan;
  plan.sites[config.site].targets.emplace_back(worker::GuestTarget{plan.routes.size()});
  plan.routes.push_back(
      {.pattern = std::move(pattern),
       .host = hostOf(plan.sites[config.site]),
       .module = config.module,
       .code = code_,
       .entrypoint = std::move(entrypoint),
       .argv = config.argv,
       .environment = module.environment,
       .volumes = config.volumes,
       .limits = config.limits,
       .allowed_hosts = allowedHosts(config),
       .http_max_concurrency = static_cast<std::size_t>(
           config.http_max_concurrency.value_or(worker::Route{}.http_max_concurrency)),
       .instances = made_anew ? engine::Instances::kNew : facts.instances,
       .why_not_kept = facts.why_not_kept,
       .module_index = index});
}

std::optional<std::string> Planner::open(const artifact::Inspection& facts,
                                         const DescribedModule& module) {
  const auto [opened, is_new] = opened_.try_emplace(facts.code);
  if (is_new) {
    UniqueFd fd(::open(facts.code.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) {
      mistake(module.config.module_place,
              fmt::format("can't open the compiled code {}: {}", facts.code, std::strerror(errno)));
      opened_.erase(opened);
      return std::nullopt;
    }
    opened_code_.push_back({std::move(fd), facts.code, module.path});
    opened->second = opened_code_.back().path();
  }
  return opened->second;
}

// Equal routes of two [[module]] tables were warned of when they were read: these are the ones that
// a `_routes` added.
void Planner::warnOfHiddenRoutes() {
  std::map<std::pair<std::size_t, std::string_view>, const worker::Route*> first;
  for (const worker::Route& route : prepared_.plan.routes) {
    const config::Module& config = description_.modules[route.module_index].config;
    const auto [other, is_new] = first.try_emplace({config.site, route.pattern}, &route);
    if (is_new) {
      if (route.pattern == routing::kHealthPath && config.route != route.pattern) {
        warn(
            config.module_place,
            fmt::format("the route {} of its _routes function is never reached: the server answers "
                        "there itself",
                        route.pattern));
      }
      continue;
    }
    const config::Module& winner = description_.modules[other->second->module_index].config;
    if (config.route == route.pattern && winner.route == route.pattern) continue;
    warn(config.module_place,
         fmt::format("its route {} is never reached: {} of {} has the same one, "
                     "and the first wins",
                     route.pattern, other->second->entrypoint, other->second->module));
  }
}

void Planner::describeServer() {
  worker::Plan& plan = prepared_.plan;
  plan.modules_count = description_.modules.size();
  plan.workers_count = std::max<std::size_t>(1, description_.workers);
  plan.default_host = description_.default_host;
  plan.default_port = description_.default_port;
  plan.user = description_.user;
  for (const DescribedListener& listener : description_.listeners) {
    plan.listeners.push_back({listener.address, listener.tls, listener.certificate});
  }
  for (const DescribedCertificate& certificate : description_.certificates) {
    plan.certificates.push_back(certificate.paths);
  }
  plan.unknown_host_status = description_.unknown_host_status;
  plan.http = description_.http;
  plan.drain_max = description_.drain_max;
}

}  // namespace

std::string Code::path() const { return fmt::format("/proc/self/fd/{}", fd.get()); }

std::vector<artifact::InspectionRequest> wantedBy(const Description& description) {
  std::vector<artifact::InspectionRequest> wanted;
  wanted.reserve(description.modules.size());
  for (const DescribedModule& module : description.modules) {
    wanted.push_back({module.path, {module.config.limits.memory_bytes_max}});
  }
  return wanted;
}

std::expected<Prepared, Diagnostics> makePlan(const Description& description,
                                              const artifact::Inspections& inspections) {
  return Planner(description, inspections).plan();
}

}  // namespace wagi::supervisor
