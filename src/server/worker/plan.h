// The plan of what a generation of workers serves: made and checked by the supervisor, inherited by
// its workers through fork(2), never changed.
//
// A plan is its listeners × its sites: every site is served on every listener, and a request's host
// and path name what answers it, its target.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/config.h"
#include "guest/engine/code_file.h"
#include "lockdown/user.h"
#include "net/http/certificate.h"
#include "net/http/limits.h"
#include "net/http/tls.h"
#include "net/outbound/allowed_hosts.h"

namespace wagi::worker {

// One route to a guest, with everything that a request to it needs.
struct Route {
  std::string pattern;  // As configured, "/path/..." included; of _routes: the appended one.
  std::string host;     // The first of its site's; empty in the first site, which has none.
  std::string module;   // As configured; for messages.
  std::string code;     // Path of the compiled module.
  std::string entrypoint;
  std::optional<std::string> argv;  // The template, if one was given.
  // Precedence resolved: --env-file, --env, then the module's own below the built-in variables.
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<config::Volume> volumes;
  config::Limits limits;
  std::vector<outbound::AllowedHost> allowed_hosts;
  std::size_t http_max_concurrency = 16;  // Outbound answers that one guest holds at once.
  engine::Instances instances = engine::Instances::kPooled;  // How those for its requests are made.
  std::string why_not_kept;      // Why that isn't kKept, if the module is why.
  std::size_t module_index = 0;  // The place of its [[module]], for which concurrency is counted.

  // For messages, and what its log is named after: "/a/...", "example.com/a/...".
  [[nodiscard]] std::string name() const { return host + pattern; }
};

// A guest answers, by the Plan::routes of this index.
struct GuestTarget {
  std::size_t route = 0;
};

// The server answers by itself.
enum class BuiltInPage : std::uint8_t {
  kHealth,  // 200 OK, at routing::kHealthPath.
};

using Target = std::variant<GuestTarget, BuiltInPage>;

// The hosts that have the same routes.
struct Site {
  std::vector<std::string> hosts = {};          // As routing::parseHostPattern() gives them.
  std::vector<Target> targets = {};             // In the order in which they are tried.
  std::optional<std::size_t> certificate = {};  // Index into Plan::certificates.
};

// One socket that workers accept connections from.
struct Listener {
  config::Endpoint endpoint = {};  // With the port that the kernel chose, where none was asked for.
  std::optional<http::TlsSettings> tls = {};
  // Index into Plan::certificates: for a host whose site has none. REQUIRES: with `tls`.
  std::size_t certificate = 0;
};

struct Plan {
  std::uint64_t generation = 1;
  std::vector<Listener> listeners;
  // The first has no hosts: it answers for those that no other has.
  std::vector<Site> sites = std::vector<Site>(1);
  std::vector<Route> routes;  // The routes of all sites.
  std::vector<http::CertificatePaths> certificates;
  int unknown_host_status = 421;  // Where the first site has no route to a guest, but others have.
  std::size_t modules_count = 0;  // module_index is below it.
  std::size_t workers_count = 1;
  std::string default_host = "localhost";  // --hostname
  std::optional<std::uint16_t> default_port = 3000;
  std::string log_dir;    // Guests' stderr goes to LOG_DIR/<sha256 of the route>/module.stderr.
  std::string spool_dir;  // For bodies that are too large for memory; its files have no name.
  std::optional<lockdown::User> user;  // The user that workers become.
  http::Limits http;
  std::chrono::milliseconds drain_max{30'000};
};

// Whether no host has a site of its own: the first site answers every request.
[[nodiscard]] inline bool servesAnyHost(const Plan& plan) { return plan.sites.size() == 1; }

// Whether a host that no site names has routes to guests.
[[nodiscard]] inline bool servesOtherHosts(const Plan& plan) {
  return std::ranges::any_of(plan.sites.front().targets, [](const Target& target) {
    return std::holds_alternative<GuestTarget>(target);
  });
}

}  // namespace wagi::worker
