#include "server/supervisor/description.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "base/file.h"
#include "config/application.h"
#include "server/runner/resources.h"
#include "supply/artifact/reference.h"
#include "supply/oci/reference.h"

namespace wagi::supervisor {
namespace {

constexpr auto kDefaultHostname = "localhost:3000";

// A module with the variables that its guests get. `path` is its file's, or empty.
DescribedModule describedModule(const Description& description, const config::Module& module,
                                std::string path) {
  std::vector<config::EnvPair> environment = description.base_environment;
  std::ranges::copy(module.environment, std::back_inserter(environment));
  std::ranges::copy(description.last_environment, std::back_inserter(environment));
  return {module, std::move(path), lastOfEach(environment)};
}

Diagnostics addModules(Description& description, const std::vector<config::Module>& modules) {
  using Kind = artifact::Reference::Kind;
  Diagnostics mistakes;
  for (const config::Module& module : modules) {
    auto reference = artifact::parseReference(module.module);
    if (!reference) {
      mistakes.push_back({module.module_place, std::move(reference.error().message)});
      continue;
    }
    if (reference->kind == Kind::kBindle && !module.bindle_server) {
      mistakes.push_back(
          {module.module_place,
           fmt::format("{} needs `bindle_server`, the URL of its server with the /v1",
                       module.module)});
    }
    if (reference->kind == Kind::kOci) {
      if (const auto parsed = oci::parseReference(module.module); !parsed) {
        mistakes.push_back({module.module_place, parsed.error().message});
      }
    }
    if (reference->kind != Kind::kBindle && module.bindle_server) {
      description.warnings.push_back(
          {module.place, "`bindle_server` has no effect: the module is no bindle: reference"});
    }
    std::string path = reference->kind == Kind::kFile ? std::move(reference->text) : "";
    description.modules.push_back(describedModule(description, module, std::move(path)));
  }
  return mistakes;
}

// Sites that came with an application stand behind those of the configuration, but for the first,
// which is that of both.
void addSites(Description& description, config::Application& application) {
  const std::size_t before = description.sites.size();
  for (config::Module& module : application.modules) {
    if (module.site > 0) module.site += before - 1;
  }
  for (std::size_t i = 1; i < application.sites.size(); ++i) {
    description.sites.push_back({std::move(application.sites[i].hosts), std::nullopt});
  }
}

void addModuleFiles(Description& description) {
  std::vector<std::string>& files = description.files;
  for (const DescribedModule& module : description.modules) {
    if (!module.path.empty()) files.push_back(module.path);
  }
  std::ranges::sort(files);
  const auto repeated = std::ranges::unique(files);
  files.erase(repeated.begin(), repeated.end());
}

// Collects mistakes while a description is put together.
class Describer {
 public:
  Describer(const Flags& flags, config::Config config, std::chrono::system_clock::time_point now)
      : flags_(flags),
        now_(now),
        server_(config::merge(flags.settings, config.server)),
        config_(std::move(config)) {}

  std::expected<Description, Diagnostics> describe() {
    description_.warnings = std::move(config_.warnings);
    describeAddresses();
    describeProcesses();
    describeConnections();
    describeCache();
    describeModules();
    describeFetch();
    listFiles();
    if (!mistakes_.empty()) return std::unexpected(std::move(mistakes_));
    return std::move(description_);
  }

 private:
  void mistake(std::string message) { mistakes_.push_back({{}, std::move(message)}); }
  void mistakes(Diagnostics more) { std::ranges::move(more, std::back_inserter(mistakes_)); }
  void describeAddresses();
  void describeProcesses();
  void describeConnections();
  void describeCache();
  void describeModules();
  void describeFetch();
  void listFiles();

  const Flags& flags_;
  const std::chrono::system_clock::time_point now_;
  const config::ServerSettings server_;
  config::Config config_;
  Description description_;
  Diagnostics mistakes_;
};

void Describer::describeAddresses() {
  Listeners described =
      describeListeners(server_, config_, flags_.settings.listen.has_value(), now_, mistakes_);
  description_.listeners = std::move(described.listeners);
  description_.certificates = std::move(described.certificates);
  description_.sites = std::move(described.sites);
  description_.certificate_files = std::move(described.files);
  std::ranges::move(described.warnings, std::back_inserter(description_.warnings));
  description_.unknown_host_status =
      static_cast<int>(server_.unknown_host.value_or(description_.unknown_host_status));
  const std::string hostname = server_.hostname.value_or(kDefaultHostname);
  if (const auto parts = config::parseHostPort(hostname)) {
    description_.default_host = parts->host;
    description_.default_port = parts->port;
  } else {
    mistake("hostname: " + parts.error().message);
  }
}

void Describer::describeProcesses() {
  description_.workers = server_.workers.value_or(runner::coresAvailable());
  if (server_.user) {
    auto user = lockdown::findUser(*server_.user);
    if (user) {
      description_.user = *std::move(user);
    } else {
      mistake("user: " + user.error().message);
    }
  }
  description_.watch = server_.watch.value_or(false);
  description_.log_format = server_.log_format.value_or(LogFormat::kText);
  description_.log_dir = server_.log_dir;
  description_.module_cache = server_.module_cache;
}

void Describer::describeConnections() {
  const auto milliseconds = [](const std::optional<std::uint64_t>& given,
                               std::chrono::milliseconds& value) {
    if (given) value = std::chrono::milliseconds(*given);
  };
  http::Limits& http = description_.http;
  milliseconds(server_.idle_ms_max, http.idle_max);
  milliseconds(server_.head_ms_max, http.head_max);
  milliseconds(server_.io_ms_max, http.io_max);
  milliseconds(server_.drain_ms_max, description_.drain_max);
  artifact::CompileLimits& compile = description_.preparation.compile;
  milliseconds(server_.compile_ms_max, compile.time_max);
  compile.memory_bytes_max = server_.compile_memory_bytes_max.value_or(compile.memory_bytes_max);
  compile.threads_max = runner::coresAvailable();
  http.head_bytes_max = server_.head_bytes_max.value_or(http.head_bytes_max);
  http.connections_max = server_.connections_max.value_or(http.connections_max);
}

void Describer::describeCache() {
  auto cache = readCacheSettings(server_.cache_file, &description_.warnings);
  if (cache) {
    description_.cache = *std::move(cache);
  } else {
    mistakes(std::move(cache.error()));
  }
}

void Describer::describeModules() {
  std::vector<config::EnvPair>& base = description_.base_environment;
  if (auto files = readEnvFiles(server_.env_files)) {
    base = *std::move(files);
  } else {
    mistakes(std::move(files.error()));
  }
  std::ranges::copy(config_.server.environment, std::back_inserter(base));
  description_.last_environment = flags_.settings.environment;
  mistakes(addModules(description_, config_.modules));
}

void Describer::describeFetch() {
  source::FetchRequest& request = description_.fetch;
  request.bindle = flags_.bindle;
  request.project = flags_.project;
  request.externals = flags_.externals;
  request.offline = flags_.offline;
  if (auto access = oci::accessOf(config_.registries, config_.trust)) {
    request.registries = *std::move(access);
    request.registries.offline = flags_.offline;
  } else {
    mistake(std::move(access.error().message));
  }
  request.store = server_.module_cache.value_or("");
  std::set<std::string> references;
  for (const DescribedModule& module : description_.modules) {
    if (!module.path.empty()) continue;
    references.insert(module.config.module);
    if (module.config.bindle_server) {
      request.bindle_servers.emplace(module.config.module, *module.config.bindle_server);
    }
  }
  request.references.assign(references.begin(), references.end());
}

void Describer::listFiles() {
  std::vector<std::string>& files = description_.files;
  if (!flags_.config_file.empty()) files.push_back(flags_.config_file);
  files.push_back(server_.cache_file.value_or(kDefaultCacheFile));
  std::ranges::copy(server_.env_files, std::back_inserter(files));
  std::ranges::copy(description_.certificate_files, std::back_inserter(files));
  addModuleFiles(description_);
}

}  // namespace

std::expected<Description, Diagnostics> describe(const Flags& flags,
                                                 std::chrono::system_clock::time_point now) {
  if (flags.config_file.empty()) return Describer(flags, {}, now).describe();
  const auto text = readFile(flags.config_file, kConfigBytesMax);
  if (!text) {
    return std::unexpected(Diagnostics{{{}, "the configuration: " + text.error().message}});
  }
  auto config = config::parse(*text, flags.config_file);
  if (!config) return std::unexpected(std::move(config.error()));
  return Describer(flags, *std::move(config), now).describe();
}

std::expected<void, Diagnostics> complete(Description& description, source::Fetched fetched) {
  for (std::string& warning : fetched.warnings) {
    description.warnings.push_back({{}, std::move(warning)});
  }
  if (fetched.application) {
    config::Application& application = *fetched.application;
    if (auto good = config::check(application); !good) return good;
    std::ranges::move(application.warnings, std::back_inserter(description.warnings));
    addSites(description, application);
    if (auto mistakes = addModules(description, application.modules); !mistakes.empty()) {
      return std::unexpected(std::move(mistakes));
    }
    description.project_files = std::move(application.files);
    std::ranges::copy(description.project_files, std::back_inserter(description.files));
  }
  Diagnostics mistakes;
  for (DescribedModule& module : description.modules) {
    if (!module.path.empty()) continue;
    if (const auto path = fetched.paths.find(module.config.module); path != fetched.paths.end()) {
      module.path = path->second;
    } else {
      const auto error = fetched.errors.find(module.config.module);
      mistakes.push_back({module.config.module_place,
                          error == fetched.errors.end() ? "it wasn't fetched" : error->second});
    }
  }
  if (!mistakes.empty()) return std::unexpected(std::move(mistakes));
  addModuleFiles(description);
  description.fetch = {};
  return {};
}

}  // namespace wagi::supervisor
