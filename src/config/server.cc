#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>

#include "config/address.h"
#include "config/sections.h"

namespace wagi::config {
namespace {

constexpr std::uint64_t kCompileMemoryBytesMin = 64ULL << 20;
constexpr std::string_view kName = "[server]";

// ---- How values are read: each gives nothing where the key is absent, or its value a mistake.

std::optional<std::string> readText(TableReader& reader, std::string_view key) {
  return reader.nonEmpty(key);
}

// A string that `kCheck` accepts.
template <auto kCheck>
std::optional<std::string> readChecked(TableReader& reader, std::string_view key) {
  auto text = reader.nonEmpty(key);
  if (!text) return std::nullopt;
  if (const auto good = kCheck(*text); !good) {
    reader.mistake(key, fmt::format("`{}`: {}", key, good.error().message));
    return std::nullopt;
  }
  return text;
}

std::optional<bool> readBoolean(TableReader& reader, std::string_view key) {
  return reader.boolean(key);
}

template <std::uint64_t kLeast, std::uint64_t kMost>
std::optional<std::uint64_t> readNumber(TableReader& reader, std::string_view key) {
  return reader.number(key, {kLeast, kMost});
}

template <std::uint64_t kLeast>
std::optional<std::uint64_t> readMilliseconds(TableReader& reader, std::string_view key) {
  return reader.number(key, {kLeast, kMillisecondsMax});
}

std::optional<std::uint64_t> readHeadBytes(TableReader& reader, std::string_view key) {
  return reader.size(key, {1, kFileBytesMax});
}

std::optional<LogFormat> readLogFormat(TableReader& reader, std::string_view key) {
  const auto format = reader.oneOf(key, {"text", "json"});
  if (!format) return std::nullopt;
  return *format == 0 ? LogFormat::kText : LogFormat::kJson;
}

std::optional<std::uint64_t> readCompileMemory(TableReader& reader, std::string_view key) {
  const auto bytes = reader.size(key, {});
  if (!bytes || *bytes == 0 || *bytes >= kCompileMemoryBytesMin) return bytes;
  reader.mistake(key, fmt::format("`{}`: expected at least {} MiB, without which nothing is "
                                  "compiled, or 0 for no limit; found {} bytes",
                                  key, kCompileMemoryBytesMin >> 20, *bytes));
  return std::nullopt;
}

// Misdirected Request (RFC 9110 15.5.20) tells a client that another server may answer; Not Found
// tells it less.
std::optional<std::uint64_t> readUnknownHost(TableReader& reader, std::string_view key) {
  const auto status = reader.number(key, {});
  if (!status || *status == 404 || *status == 421) return status;
  reader.mistake(key, fmt::format("`{}`: expected 421 or 404, found {}", key, *status));
  return std::nullopt;
}

std::vector<std::string> readEnvFiles(TableReader& reader) {
  constexpr std::string_view kKey = "env_file";
  const toml::node* value = reader.node(kKey);
  if (value == nullptr || value->is_array()) return reader.strings(kKey);
  if (auto file = reader.nonEmpty(kKey)) return {std::move(*file)};
  return {};
}

// ---- The keys.

using S = ServerSettings;

// A key whose value is one setting.
template <class T>
struct Key {
  std::string_view name;
  std::optional<T> S::* setting;
  std::optional<T> (*read)(TableReader& reader, std::string_view key);
};
template <class T>
Key(const char*, std::optional<T> S::*, std::optional<T> (*)(TableReader&, std::string_view))
    -> Key<T>;

// A row is all that this folder has to know of a key beside the setting itself, which is a member
// of ServerSettings: that the key is known, how it is read, and that a flag wins over it. What a
// setting does is said where it is used, mostly in server/supervisor/description.cc. A key that has
// a flag gets that in cli/server_flags.cc; docs/configuration.md tells of all keys.
constexpr std::tuple kSettings{
    Key{"listen", &S::listen, readChecked<parseEndpoint>},
    Key{"hostname", &S::hostname, readChecked<parseHostPort>},
    Key{"cache", &S::cache_file, readText},
    Key{"module_cache", &S::module_cache, readText},
    Key{"log_dir", &S::log_dir, readText},
    Key{"log_format", &S::log_format, readLogFormat},
    Key{"tls_cert", &S::tls_cert, readText},
    Key{"tls_key", &S::tls_key, readText},
    Key{"workers", &S::workers, readNumber<0, kWorkersMax>},
    Key{"user", &S::user, readText},
    Key{"watch", &S::watch, readBoolean},
    Key{"idle_ms_max", &S::idle_ms_max, readMilliseconds<1>},
    Key{"head_ms_max", &S::head_ms_max, readMilliseconds<1>},
    Key{"io_ms_max", &S::io_ms_max, readMilliseconds<1>},
    Key{"drain_ms_max", &S::drain_ms_max, readMilliseconds<0>},
    Key{"compile_ms_max", &S::compile_ms_max, readMilliseconds<1>},
    Key{"compile_memory_max", &S::compile_memory_bytes_max, readCompileMemory},
    Key{"head_bytes_max", &S::head_bytes_max, readHeadBytes},
    Key{"connections_max", &S::connections_max, readNumber<1, UINT32_MAX>},
    Key{"unknown_host", &S::unknown_host, readUnknownHost},
};

// All keys of [server]: behind those of the list above the ones that hold several values, and the
// ones that a [[module]] has too (readLimits()).
constexpr auto kKeys = std::apply(
    [](const auto&... key) {
      return std::to_array<std::string_view>({key.name..., "env", "env_file", "memory_max",
                                              "cpu_ms_max", "wall_ms_max", "body_bytes_max",
                                              "concurrency_max", "instances"});
    },
    kSettings);

template <class T>
void takeUnlessSet(std::optional<T>& value, std::optional<T>& other) {
  if (!value) value = std::move(other);
}

void takeUnlessSet(LimitSettings& limits, LimitSettings& other) {
  takeUnlessSet(limits.memory_bytes_max, other.memory_bytes_max);
  takeUnlessSet(limits.cpu_ms_max, other.cpu_ms_max);
  takeUnlessSet(limits.wall_ms_max, other.wall_ms_max);
  takeUnlessSet(limits.body_bytes_max, other.body_bytes_max);
  takeUnlessSet(limits.concurrency_max, other.concurrency_max);
  takeUnlessSet(limits.keeps_instances, other.keeps_instances);
}

template <class T>
std::vector<T> chained(std::vector<T> first, std::vector<T> second) {
  std::ranges::move(second, std::back_inserter(first));
  return first;
}

}  // namespace

ServerSettings readServer(const toml::table& table, Mistakes& mistakes) {
  TableReader reader(table, kName, kKeys, mistakes);
  ServerSettings server;
  std::apply([&](const auto&... key) { ((server.*key.setting = key.read(reader, key.name)), ...); },
             kSettings);
  server.environment = reader.variables("env");
  server.env_files = readEnvFiles(reader);
  server.limits = readLimits(reader);
  return server;
}

ServerSettings merge(ServerSettings flags, ServerSettings file) {
  std::apply(
      [&](const auto&... key) { (takeUnlessSet(flags.*key.setting, file.*key.setting), ...); },
      kSettings);
  takeUnlessSet(flags.limits, file.limits);
  flags.environment = chained(std::move(file.environment), std::move(flags.environment));
  flags.env_files = chained(std::move(file.env_files), std::move(flags.env_files));
  return flags;
}

}  // namespace wagi::config
