// What a generation of workers serves: made and checked by the supervisor, inherited by its workers
// through fork(2), never changed.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "lockdown/user.h"
#include "net/http/limits.h"
#include "net/outbound/allowed_hosts.h"

namespace wagi::worker {

// One route with everything that a request to it needs.
struct Route {
  std::string pattern;  // As configured, "/path/..." included; of _routes: the appended one.
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
  std::size_t module_index = 0;  // Of the [[module]] it came from: concurrency is counted there.
};

struct Plan {
  std::uint64_t generation = 1;
  std::vector<Route> routes;      // In the order in which they are tried.
  std::size_t modules_count = 0;  // module_index is below it.
  std::size_t workers_count = 1;
  std::string default_host = "localhost";  // --hostname
  std::optional<std::uint16_t> default_port = 3000;
  bool tls = false;
  std::string tls_cert, tls_key;  // Paths of PEM files.
  std::string log_dir;    // Guests' stderr goes to LOG_DIR/<sha256 of the route>/module.stderr.
  std::string spool_dir;  // For bodies that are too large for memory; its files have no name.
  std::optional<lockdown::User> user;  // That workers become.
  http::Limits http;
  std::chrono::milliseconds drain_max{30'000};
};

}  // namespace wagi::worker
