// A modules.toml, and the flags beside it, as plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "config/address.h"

namespace wagi::config {

// Where in a file a value stands; line and column count from 1, 0 is "not from a file".
struct Place {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  bool operator==(const Place&) const = default;
};

// One mistake, or one thing worth a warning. text() is "FILE:LINE:COLUMN: message".
struct Diagnostic {
  Place place;
  std::string message;
  [[nodiscard]] std::string text() const;
  bool operator==(const Diagnostic&) const = default;
};

// Limits on what one request of a module uses, 0 being no limit, and how its instance is made.
struct Limits {
  std::uint64_t memory_bytes_max = 128ULL << 20;  // `memory_max`
  std::uint64_t cpu_ms_max = 10'000;
  std::uint64_t wall_ms_max = 60'000;
  std::uint64_t body_bytes_max = 64ULL << 20;
  std::uint64_t concurrency_max = 1'000;  // Requests at once, over all workers.
  // `instances`: "kept" ones are set back to their first state after a request, "new" ones aren't.
  bool keeps_instances = true;
  bool operator==(const Limits&) const = default;
};

// Limits as a file gives them: what is absent comes from the next place down.
struct LimitSettings {
  std::optional<std::uint64_t> memory_bytes_max, cpu_ms_max, wall_ms_max, body_bytes_max,
      concurrency_max;
  std::optional<bool> keeps_instances;
  [[nodiscard]] Limits over(const Limits& defaults) const;
};

struct Volume {
  std::string guest;  // As the guest names it.
  std::string host;   // A folder; relative to the working directory.
  bool read_only = false;
  bool exclusive = false;  // One request at a time has it.
  Place place;
  bool operator==(const Volume&) const = default;
};

// A certificate and its key: paths of PEM files.
struct Certificate {
  std::string cert;  // `tls_cert`: the certificate, its chain behind it.
  std::string key;   // `tls_key`: unencrypted.
  Place place;       // Of `tls_cert`; none where a flag gave it.
  bool operator==(const Certificate&) const = default;
};

// Whether a TLS listener asks its clients for a certificate.
enum class VerifyClient {
  kNo,
  kOptional,  // One that is given must be good.
  kRequired,
};

// One [[listen]].
struct Listen {
  Endpoint address;
  bool tls = false;
  std::optional<Certificate> certificate;  // For hosts of sites that have none of their own.
  bool tls_1_3_only = false;               // `tls_min = "1.3"`
  VerifyClient verify_client = VerifyClient::kNo;
  std::optional<std::string> client_ca;  // PEM: the authorities of clients' certificates.
  std::optional<std::uint32_t> mode;     // Permissions of a Unix socket's file.
  Place place;                           // Of `address`.
};

// Hosts with modules of their own: one [[site]], or those that `host` of a [[module]] makes.
struct Site {
  std::vector<std::string> hosts = {};  // As routing::parseHostPattern() gives them.
  std::optional<Certificate> certificate = {};
  Place place = {};
  bool operator==(const Site&) const = default;
};

// One [[module]]. Its fields are listed once more in fields.h, by which they reach other processes.
struct Module {
  std::size_t site = 0;  // Index into Config::sites.
  std::string route;
  std::string module;  // As written: a path, file:, oci: or bindle: reference.
  std::string entrypoint = "_start";
  std::optional<std::string> argv;
  std::vector<Volume> volumes;
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> allowed_hosts;  // As written: outbound::parseAllowedHost takes each.
  std::optional<std::uint64_t> http_max_concurrency;
  std::optional<std::string> bindle_server;
  Limits limits;       // Its own over those of [server] over the defaults.
  Place place;         // Where the table begins.
  Place module_place;  // Where the value of `module` begins.
  bool operator==(const Module&) const = default;
};

inline constexpr std::uint64_t kWorkersMax = 1'024;

// Settings that both the [server] table and the flags have; a flag wins over the table.
struct ServerSettings {
  std::optional<std::string> listen;    // IP:PORT or [IPv6]:PORT
  std::optional<std::string> hostname;  // HOST[:PORT]
  std::optional<std::string> cache_file, module_cache, log_dir;
  std::optional<std::string> tls_cert, tls_key;  // For listeners and sites without their own.
  std::optional<std::uint64_t> workers;
  std::optional<std::string> user;  // The user that workers become.
  std::optional<bool> watch;
  std::optional<LogFormat> log_format;                           // "text" or "json"
  std::vector<std::pair<std::string, std::string>> environment;  // `env`
  std::vector<std::string> env_files;  // Later ones win, and `env` over all of them.
  // The status of a request for a host that no site has.
  std::optional<std::uint64_t> unknown_host;
  LimitSettings limits;  // Defaults of all modules.
  // Limits on connections; all at least 1 but drain_ms_max, where 0 means to drop what runs.
  std::optional<std::uint64_t> idle_ms_max, head_ms_max, io_ms_max, drain_ms_max, head_bytes_max,
      connections_max;
  // The time for each module before it serves: to read it, compile it and run its `_routes`; at
  // least 1.
  std::optional<std::uint64_t> compile_ms_max;
  std::optional<std::uint64_t> compile_memory_bytes_max;  // `compile_memory_max`; 0 is no limit.
};

// The table [registries].
struct Registries {
  std::vector<std::string> plain_http;          // HOST or HOST:PORT, spoken to without encryption.
  std::optional<std::string> ca_file;           // PEM, beside the system's certificates.
  std::optional<std::uint64_t> silence_ms_max;  // Without a byte; at least 1.
};

// The table [trust]: which artifacts need a signature, and by whom.
struct TrustedKey {
  std::string name;
  std::string path;  // A file with a public key in PEM.
  Place place;
};
struct TrustRule {
  std::string pattern;            // Of "registry/repository"; "*" stands for any characters.
  std::vector<std::string> keys;  // One of them has to sign: names in `keys`, at least one.
};
struct Trust {
  std::vector<TrustedKey> keys;
  std::vector<TrustRule> rules;
};

struct Config {
  ServerSettings server;
  Registries registries;
  Trust trust;
  std::vector<Listen> listens;
  // The first is that of [[module]]s without a host; it answers for every host that no other has,
  // and is there even if it has no modules.
  std::vector<Site> sites = std::vector<Site>(1);
  std::vector<Module> modules;
  std::vector<Diagnostic> warnings;
};

// Reads a whole modules.toml. `file` names it in messages only. All mistakes are reported, not just
// the first one.
[[nodiscard]] std::expected<Config, std::vector<Diagnostic>> parse(std::string_view text,
                                                                   const std::string& file);

// The flags over the [server] table. Both keep their variables and env files: those of the flags
// come later, so that they win.
[[nodiscard]] ServerSettings merge(ServerSettings flags, ServerSettings file);

// One line a diagnostic, for a person.
[[nodiscard]] std::string text(const std::vector<Diagnostic>& diagnostics);

}  // namespace wagi::config
