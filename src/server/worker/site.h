// A plan made ready to serve: modules mapped and bound, volumes open, hosts and routes indexed.
//
// Belongs to one worker and outlives every request.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/unique_fd.h"
#include "guest/engine/runtimes.h"
#include "guest/engine/sandbox.h"
#include "guest/gateway/environment.h"
#include "guest/wasi/context.h"
#include "routing/hosts.h"
#include "routing/router.h"
#include "server/worker/compute_history.h"
#include "server/worker/failure_log.h"
#include "server/worker/guest_log.h"
#include "server/worker/plan.h"
#include "server/worker/volume_lock.h"
#include "server/worker/worker_context.h"

namespace wagi::worker {

// Whether what is worth a warning is logged: every worker finds the same.
enum class Warnings { kLogged, kSilent };

// One route with what its requests share.
class LoadedRoute {
 public:
  // Borrows all. A volume that can't be opened is logged and left out, as Wagi did.
  LoadedRoute(const Plan& whole, const Route& plan, const routing::Pattern& pattern,
              const engine::Module& module, engine::KeptInstances* kept, Warnings warnings);
  LoadedRoute(const LoadedRoute&) = delete;
  LoadedRoute& operator=(const LoadedRoute&) = delete;
  ~LoadedRoute();

  const Route& plan;
  const std::size_t index;  // Its place among the plan's routes.
  const routing::Pattern& pattern;
  const engine::Module& module;
  const engine::EntryPoint entrypoint;
  // Its instances that wait for a request, shared with the routes of its site that call the same;
  // null: each request gets a new one.
  engine::KeptInstances* const kept;
  const std::string name;  // Route::name(); the log keeps a view of it.
  const gateway::EnvironmentTemplate environment;
  GuestLog log;
  FailureLog failures;
  FailureLog outbound_failures;
  bool told_of_dropped_headers = false;  // One answer's are logged, not those of each request.
  RouteHistory history;
  [[nodiscard]] std::span<const wasi::Preopen> preopens() const { return preopens_; }
  // The folders that a request must lock before its guest starts.
  [[nodiscard]] std::span<const int> exclusive() const { return exclusive_; }
  WaitingLine line;  // For them.

 private:
  void addVolume(const config::Volume& volume, UniqueFd folder);

  std::vector<UniqueFd> folders_;
  std::vector<wasi::Preopen> preopens_;
  std::vector<int> exclusive_;
};

// Why a request has no target.
enum class NoTarget : std::uint8_t {
  kUnknownHost,  // No site has its host.
  kNoRoute,      // Its site has no route for its path.
};

class Sites {
 public:
  // Borrows `plan`. Modules that are out of service aren't touched. The error names the module that
  // can't be loaded.
  [[nodiscard]] static Result<std::unique_ptr<Sites>> load(const Plan& plan,
                                                           const SharedCounters& counters,
                                                           Warnings warnings);

  // The target that answers a request for `path`, as sent, of `host`, without its port.
  [[nodiscard]] std::expected<Target, NoTarget> match(std::string_view host,
                                                      std::string_view path) const;
  // Null where its module was out of service when it would have been loaded.
  [[nodiscard]] LoadedRoute* route(GuestTarget target) { return routes_[target.route].get(); }

  // Every volume of every route.
  [[nodiscard]] std::vector<wasi::Preopen> volumes() const;

  // The engines that guests run on: to interrupt them.
  [[nodiscard]] std::vector<const engine::Engine*> engines() const { return runtimes_.engines(); }

  // Gives back the memory of instances that weren't used since the last sweep. False where nothing
  // is left.
  bool sweep();

 private:
  // A site of the plan, ready to match paths.
  struct LoadedSite {
    routing::Router router;       // Of the targets' patterns.
    std::vector<Target> targets;  // By the router's index.
  };

  Sites(const Plan& plan, Warnings warnings);
  [[nodiscard]] Result<void> loadSite(const Site& site, const SharedCounters& counters);
  // The module of a route, loaded once for all routes that share its code.
  [[nodiscard]] Result<const engine::Module*> moduleOf(const Route& route);
  [[nodiscard]] Result<engine::Module> loadModule(const Route& route);
  // Null where each request gets a new instance.
  [[nodiscard]] engine::KeptInstances* keptFor(const Route& route);

  const Plan& plan_;
  const Warnings warnings_;
  const bool serves_any_host_;
  const bool serves_other_hosts_;
  routing::HostTable hosts_;
  std::vector<LoadedSite> sites_;
  engine::Runtimes runtimes_{kInstancesMax};
  engine::IdleInstances idle_;  // Ends the process where one isn't in its first state.
  std::unordered_map<std::string, std::unique_ptr<engine::Module>>
      modules_;  // By path of the code.
  // By the site, the code and the entry point: what a request leaves never meets another site's.
  std::map<std::tuple<std::size_t, std::string, std::string>,
           std::unique_ptr<engine::KeptInstances>>
      kept_;
  std::vector<std::unique_ptr<LoadedRoute>> routes_;  // By the plan's index.
};

}  // namespace wagi::worker
