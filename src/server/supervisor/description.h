// Everything that a server is told, by flags and files: read, put together and checked, before any
// module is looked at. Plain values; nothing is opened or made.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "config/address.h"
#include "config/config.h"
#include "config/env_pair.h"
#include "lockdown/user.h"
#include "net/http/limits.h"
#include "server/supervisor/files.h"
#include "server/supervisor/listeners.h"
#include "supply/artifact/cache.h"
#include "supply/artifact/prepare.h"
#include "supply/source/fetched.h"
#include "supply/source/request.h"

namespace wagi::supervisor {

struct Flags {
  // The source of what to serve; one of the three is given.
  std::string config_file;
  std::optional<source::BindleSource> bindle;
  std::string project;                            // A HIPPOFACTS, or the folder that has one.
  std::optional<source::BindleSource> externals;  // Where its `external`s are, without an id.

  bool offline = false;  // Nothing is fetched: what was fetched before has to do.
  config::ServerSettings settings;
};

struct DescribedModule {
  config::Module config;
  std::string path;  // The path of its file; empty until it is fetched.
  // The lowest first: env files, [server]'s variables, the module's own, --env; each name once.
  std::vector<config::EnvPair> environment;
};

struct Description {
  std::vector<DescribedModule> modules;  // In the order of the file.
  source::FetchRequest fetch;            // What is to be fetched before they are whole.
  // Variables of all modules that a module's own win over, and those that win over a module's own.
  std::vector<config::EnvPair> base_environment, last_environment;
  std::vector<DescribedListener> listeners;
  std::vector<DescribedCertificate> certificates;
  // The first has no hosts, and answers for those that no other has.
  std::vector<DescribedSite> sites = std::vector<DescribedSite>(1);
  int unknown_host_status = 421;  // For a request to a host that no site has.
  std::string default_host;
  std::optional<std::uint16_t> default_port;
  std::size_t workers = 1;
  std::optional<lockdown::User> user;  // The user that workers become.
  bool watch = false;
  LogFormat log_format = LogFormat::kText;
  std::optional<std::string> log_dir, module_cache;
  http::Limits http;
  std::chrono::milliseconds drain_max{30'000};
  artifact::ModulePreparation::Limits preparation;
  artifact::Cache::Settings cache;
  std::vector<std::string> files;  // Whose change means another description, or other modules.
  std::vector<std::string> project_files;      // The ones of `files` that are a project's.
  std::vector<std::string> certificate_files;  // The ones of `files` that TLS needs.
  Diagnostics warnings;
};

// All mistakes are reported, not just the first one. `now` is when certificates have to be valid.
[[nodiscard]] std::expected<Description, Diagnostics> describe(
    const Flags& flags, std::chrono::system_clock::time_point now);

// Puts what was fetched into a description; then it has all modules, and all their files. An
// application that was fetched is held to what is demanded of a modules.toml (config::check).
[[nodiscard]] std::expected<void, Diagnostics> complete(Description& description,
                                                        source::Fetched fetched);

}  // namespace wagi::supervisor
