#include <fmt/format.h>

#include <array>

#include "config/address.h"
#include "config/sections.h"

namespace wagi::config {
namespace {

constexpr std::uint64_t kWorkersMax = 1'024;
constexpr std::uint64_t kCompileMemoryBytesMin = 64ULL << 20;
constexpr std::string_view kName = "[server]";

constexpr auto kKeys =
    std::to_array<std::string_view>({"listen",         "hostname",        "cache",
                                     "module_cache",   "log_dir",         "log_format",
                                     "tls_cert",       "tls_key",         "workers",
                                     "user",           "watch",           "env",
                                     "env_file",       "memory_max",      "cpu_ms_max",
                                     "wall_ms_max",    "body_bytes_max",  "concurrency_max",
                                     "idle_ms_max",    "head_ms_max",     "io_ms_max",
                                     "drain_ms_max",   "compile_ms_max",  "compile_memory_max",
                                     "head_bytes_max", "connections_max", "unknown_host"});

// A string that `check` accepts.
template <class Check>
std::optional<std::string> readChecked(TableReader& reader, std::string_view key, Check check) {
  auto text = reader.nonEmpty(key);
  if (!text) return std::nullopt;
  if (const auto good = check(*text); !good) {
    reader.mistake(key, fmt::format("`{}`: {}", key, good.error().message));
    return std::nullopt;
  }
  return text;
}

std::vector<std::string> readEnvFiles(TableReader& reader) {
  constexpr std::string_view kKey = "env_file";
  const toml::node* value = reader.node(kKey);
  if (value == nullptr || value->is_array()) return reader.strings(kKey);
  if (auto file = reader.nonEmpty(kKey)) return {std::move(*file)};
  return {};
}

std::optional<LogFormat> readLogFormat(TableReader& reader) {
  constexpr std::string_view kKey = "log_format";
  const auto format = reader.string(kKey);
  if (!format) return std::nullopt;
  if (*format == "text") return LogFormat::kText;
  if (*format == "json") return LogFormat::kJson;
  reader.mistake(kKey,
                 fmt::format("`log_format`: expected \"text\" or \"json\", found \"{}\"", *format));
  return std::nullopt;
}

std::optional<std::uint64_t> readCompileMemory(TableReader& reader) {
  constexpr std::string_view kKey = "compile_memory_max";
  const auto bytes = reader.size(kKey, {});
  if (!bytes || *bytes == 0 || *bytes >= kCompileMemoryBytesMin) return bytes;
  reader.mistake(kKey, fmt::format("`{}`: expected at least {} MiB, without which nothing is "
                                   "compiled, or 0 for no limit; found {} bytes",
                                   kKey, kCompileMemoryBytesMin >> 20, *bytes));
  return std::nullopt;
}

// Misdirected Request (RFC 9110 15.5.20) tells a client that another server may answer; Not Found
// tells it less.
std::optional<std::uint64_t> readUnknownHost(TableReader& reader) {
  constexpr std::string_view kKey = "unknown_host";
  const auto status = reader.number(kKey, {});
  if (!status || *status == 404 || *status == 421) return status;
  reader.mistake(kKey, fmt::format("`{}`: expected 421 or 404, found {}", kKey, *status));
  return std::nullopt;
}

}  // namespace

ServerSettings readServer(const toml::table& table, Mistakes& mistakes) {
  TableReader reader(table, kName, kKeys, mistakes);
  ServerSettings server;
  server.listen = readChecked(reader, "listen", parseEndpoint);
  server.hostname = readChecked(reader, "hostname", parseHostPort);
  server.cache_file = reader.nonEmpty("cache");
  server.module_cache = reader.nonEmpty("module_cache");
  server.log_dir = reader.nonEmpty("log_dir");
  server.log_format = readLogFormat(reader);
  server.tls_cert = reader.nonEmpty("tls_cert");
  server.tls_key = reader.nonEmpty("tls_key");
  server.workers = reader.number("workers", {0, kWorkersMax});
  server.user = reader.nonEmpty("user");
  server.watch = reader.boolean("watch");
  server.environment = reader.variables("env");
  server.env_files = readEnvFiles(reader);
  server.limits = readLimits(reader);
  server.idle_ms_max = reader.number("idle_ms_max", {1, kMillisecondsMax});
  server.head_ms_max = reader.number("head_ms_max", {1, kMillisecondsMax});
  server.io_ms_max = reader.number("io_ms_max", {1, kMillisecondsMax});
  server.drain_ms_max = reader.number("drain_ms_max", {0, kMillisecondsMax});
  server.compile_ms_max = reader.number("compile_ms_max", {1, kMillisecondsMax});
  server.compile_memory_bytes_max = readCompileMemory(reader);
  server.head_bytes_max = reader.size("head_bytes_max", {1, kFileBytesMax});
  server.connections_max = reader.number("connections_max", {1, UINT32_MAX});
  server.unknown_host = readUnknownHost(reader);
  return server;
}

}  // namespace wagi::config
