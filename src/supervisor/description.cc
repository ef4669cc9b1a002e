#include "supervisor/description.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <utility>

#include "artifact/reference.h"
#include "base/file.h"
#include "http/tls.h"

namespace wagi::supervisor {
namespace {

constexpr auto kDefaultListen = "127.0.0.1:3000";
constexpr auto kDefaultHostname = "localhost:3000";

// Collects mistakes while a description is put together.
class Describer {
 public:
  Describer(const Flags& flags, config::Config config)
      : flags_(flags),
        server_(config::merge(flags.settings, config.server)),
        config_(std::move(config)) {}

  std::expected<Description, Diagnostics> describe() {
    description_.warnings = std::move(config_.warnings);
    describeAddresses();
    describeProcesses();
    describeConnections();
    describeTls();
    describeCache();
    describeModules();
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
  void describeTls();
  void describeCache();
  void describeModules();
  void describeModule(const config::Module& module, const std::vector<config::EnvPair>& base);
  void listFiles();

  const Flags& flags_;
  const config::ServerSettings server_;
  config::Config config_;
  Description description_;
  Diagnostics mistakes_;
};

void Describer::describeAddresses() {
  auto listen = config::parseEndpoint(server_.listen.value_or(kDefaultListen));
  if (listen) {
    description_.listen = *std::move(listen);
  } else {
    mistake("listen: " + listen.error().message);
  }
  const std::string hostname = server_.hostname.value_or(kDefaultHostname);
  if (const auto parts = config::parseHostPort(hostname)) {
    description_.default_host = parts->host;
    description_.default_port = parts->port;
  } else {
    mistake("hostname: " + parts.error().message);
  }
}

void Describer::describeProcesses() {
  description_.workers = server_.workers.value_or(coresAvailable());
  if (server_.user) {
    auto user = lockdown::findUser(*server_.user);
    if (user) {
      description_.user = *std::move(user);
    } else {
      mistake("user: " + user.error().message);
    }
  }
  description_.watch = server_.watch.value_or(false);
  description_.log_format = server_.log_format.value_or(config::LogFormat::kText);
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
  milliseconds(server_.compile_ms_max, description_.preparation.compile_max);
  http.head_bytes_max = server_.head_bytes_max.value_or(http.head_bytes_max);
  http.connections_max = server_.connections_max.value_or(http.connections_max);
}

void Describer::describeTls() {
  description_.tls_cert = server_.tls_cert;
  description_.tls_key = server_.tls_key;
  if (!server_.tls_cert && !server_.tls_key) return;
  if (!server_.tls_cert) return mistake("tls_key needs tls_cert, the certificate of the key");
  if (!server_.tls_key) return mistake("tls_cert needs tls_key, the key of the certificate");
  if (const auto tls = http::TlsContext::load(*server_.tls_cert, *server_.tls_key); !tls) {
    mistake("TLS: " + tls.error().message);
  }
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
  std::vector<config::EnvPair> base;
  if (auto files = readEnvFiles(server_.env_files)) {
    base = *std::move(files);
  } else {
    mistakes(std::move(files.error()));
  }
  std::ranges::copy(config_.server.environment, std::back_inserter(base));
  for (const config::Module& module : config_.modules) describeModule(module, base);
  if (config_.modules.empty()) {
    mistakes_.push_back(
        {{flags_.config_file, 0, 0}, "it has no [[module]], so there is nothing to serve"});
  }
}

void Describer::describeModule(const config::Module& module,
                               const std::vector<config::EnvPair>& base) {
  if (module.bindle_server) {
    mistakes_.push_back({module.place, "`bindle_server` is not supported yet"});
  }
  auto reference = artifact::parseReference(module.module);
  if (!reference) {
    mistakes_.push_back({module.module_place, std::move(reference.error().message)});
    return;
  }
  std::vector<config::EnvPair> environment = base;
  std::ranges::copy(module.environment, std::back_inserter(environment));
  std::ranges::copy(flags_.settings.environment, std::back_inserter(environment));
  description_.modules.push_back({module, std::move(reference->path), lastOfEach(environment)});
}

void Describer::listFiles() {
  std::vector<std::string>& files = description_.files;
  files.push_back(flags_.config_file);
  files.push_back(server_.cache_file.value_or(kDefaultCacheFile));
  std::ranges::copy(server_.env_files, std::back_inserter(files));
  if (server_.tls_cert) files.push_back(*server_.tls_cert);
  if (server_.tls_key) files.push_back(*server_.tls_key);
  for (const DescribedModule& module : description_.modules) files.push_back(module.path);
  std::ranges::sort(files);
  const auto repeated = std::ranges::unique(files);
  files.erase(repeated.begin(), repeated.end());
}

}  // namespace

std::expected<Description, Diagnostics> describe(const Flags& flags) {
  const auto text = readFile(flags.config_file, kConfigBytesMax);
  if (!text) {
    return std::unexpected(Diagnostics{{{}, "the configuration: " + text.error().message}});
  }
  auto config = config::parse(*text, flags.config_file);
  if (!config) return std::unexpected(std::move(config.error()));
  return Describer(flags, *std::move(config)).describe();
}

std::size_t coresAvailable() {
  cpu_set_t set;
  std::size_t cores = 1;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) {
    cores = static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
  }
  // "QUOTA PERIOD" in microseconds, or "max PERIOD" without one (cgroup v2, as a container sees
  // it).
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0;
  double period = 0;
  if (file >> quota >> period && period > 0) {
    cores = std::min(cores, static_cast<std::size_t>(std::max(1.0, std::ceil(quota / period))));
  }
  return cores;
}

}  // namespace wagi::supervisor
