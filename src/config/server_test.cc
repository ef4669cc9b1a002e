#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"

namespace wagi::config {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr std::string_view kModule = "[[module]]\nroute = \"/\"\nmodule = \"a.wasm\"\n";

ServerSettings server(std::string_view lines) {
  auto config = parse("[server]\n" + std::string(lines) + std::string(kModule), "m.toml");
  EXPECT_TRUE(config) << text(config.error());
  return config ? config->server : ServerSettings{};
}

// All mistakes of a file whose [server] holds `lines` from its line 2 on.
std::string mistakes(std::string_view lines) {
  const auto config = parse("[server]\n" + std::string(lines) + std::string(kModule), "m.toml");
  return config ? "none" : text(config.error());
}

TEST(ServerTest, EveryKey) {
  const ServerSettings s = server(R"(
listen = "[::1]:0"
hostname = "example.com:443"
cache = "c.toml"
module_cache = "modules"
log_dir = "logs"
log_format = "json"
tls_cert = "cert.pem"
tls_key = "key.pem"
workers = 0
watch = true
env = {A = "1"}
env_file = ["a.env", "b.env"]
memory_max = "1GiB"
cpu_ms_max = 1
wall_ms_max = 2
body_bytes_max = 3
concurrency_max = 4
instances = "new"
idle_ms_max = 5
head_ms_max = 6
io_ms_max = 7
drain_ms_max = 0
compile_ms_max = 10
compile_memory_max = "2GiB"
head_bytes_max = "8KiB"
connections_max = 9
)");
  EXPECT_EQ(s.listen, "[::1]:0");
  EXPECT_EQ(s.hostname, "example.com:443");
  EXPECT_EQ(s.cache_file, "c.toml");
  EXPECT_EQ(s.module_cache, "modules");
  EXPECT_EQ(s.log_dir, "logs");
  EXPECT_EQ(s.log_format, LogFormat::kJson);
  EXPECT_EQ(s.tls_cert, "cert.pem");
  EXPECT_EQ(s.tls_key, "key.pem");
  EXPECT_EQ(s.workers, 0u);
  EXPECT_EQ(s.watch, true);
  EXPECT_THAT(s.environment, ElementsAre(Pair("A", "1")));
  EXPECT_THAT(s.env_files, ElementsAre("a.env", "b.env"));
  EXPECT_EQ(s.limits.memory_bytes_max, 1u << 30);
  EXPECT_EQ(s.limits.cpu_ms_max, 1u);
  EXPECT_EQ(s.limits.wall_ms_max, 2u);
  EXPECT_EQ(s.limits.body_bytes_max, 3u);
  EXPECT_EQ(s.limits.concurrency_max, 4u);
  EXPECT_EQ(s.limits.keeps_instances, false);
  EXPECT_EQ(s.idle_ms_max, 5u);
  EXPECT_EQ(s.head_ms_max, 6u);
  EXPECT_EQ(s.io_ms_max, 7u);
  EXPECT_EQ(s.drain_ms_max, 0u);
  EXPECT_EQ(s.compile_ms_max, 10u);
  EXPECT_EQ(s.compile_memory_bytes_max, 2ULL << 30);
  EXPECT_EQ(s.head_bytes_max, 8u << 10);
  EXPECT_EQ(s.connections_max, 9u);
}

TEST(ServerTest, EmptyTableSetsNothing) {
  const ServerSettings s = server("");
  EXPECT_EQ(s.listen, std::nullopt);
  EXPECT_EQ(s.workers, std::nullopt);
  EXPECT_EQ(s.log_format, std::nullopt);
  EXPECT_EQ(s.limits.memory_bytes_max, std::nullopt);
  EXPECT_TRUE(s.env_files.empty());
}

TEST(ServerTest, EnvFileMayBeOneString) {
  EXPECT_THAT(server("env_file = \"a.env\"\n").env_files, ElementsAre("a.env"));
  EXPECT_EQ(server("log_format = \"text\"\n").log_format, LogFormat::kText);
}

TEST(ServerTest, LimitsAreDefaultsOfAllModules) {
  const auto config = parse(
      "[server]\nmemory_max = 1\ncpu_ms_max = 2\n[[module]]\nroute = \"/\"\nmodule = \"a\"\n"
      "cpu_ms_max = 3\n",
      "m.toml");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->modules[0].limits.memory_bytes_max, 1u);
  EXPECT_EQ(config->modules[0].limits.cpu_ms_max, 3u);
  EXPECT_EQ(config->modules[0].limits.wall_ms_max, 60'000u);
}

TEST(ServerTest, MistakesHaveTheirPlace) {
  EXPECT_EQ(
      mistakes("listen = \"localhost:3000\"\nhostname = \"a b\"\nlog_format = \"xml\"\n"
               "workers = 1025\nwatch = 1\nenv_file = 3\nidle_ms_max = 0\n"
               "head_bytes_max = 0\nconnections_max = -1\ntls_cert = \"\"\nlog_dirs = \"x\"\n"),
      "m.toml:2:10: `listen`: `localhost:3000` is no address to listen on: expected IP:PORT, "
      "such as 127.0.0.1:3000 or [::1]:3000, unix:PATH, or systemd:NAME\n"
      "m.toml:3:12: `hostname`: `a b` is no host: expected HOST or HOST:PORT, such as "
      "example.com:443\n"
      "m.toml:4:14: `log_format`: expected \"text\" or \"json\", found \"xml\"\n"
      "m.toml:5:11: `workers` must be at most 1024\n"
      "m.toml:6:9: `watch`: expected true or false, found an integer\n"
      "m.toml:7:12: `env_file`: expected a string, found an integer\n"
      "m.toml:8:15: `idle_ms_max` must be at least 1\n"
      "m.toml:9:18: `head_bytes_max` must be at least 1\n"
      "m.toml:10:19: `connections_max` must not be negative\n"
      "m.toml:11:12: `tls_cert` must not be empty\n"
      "m.toml:12:1: unknown key `log_dirs` in [server]: the nearest known key is `log_dir`");
}

TEST(ServerTest, TheCompilersMemoryIsNoneOrEnough) {
  EXPECT_EQ(server("compile_memory_max = 0\n").compile_memory_bytes_max, 0u);
  EXPECT_EQ(server("compile_memory_max = \"64MiB\"\n").compile_memory_bytes_max, 64u << 20);
  EXPECT_EQ(mistakes("compile_memory_max = \"1MiB\"\n"),
            "m.toml:2:22: `compile_memory_max`: expected at least 64 MiB, without which nothing is "
            "compiled, or 0 for no limit; found 1048576 bytes");
}

TEST(ServerTest, ServerMustBeATable) {
  EXPECT_EQ(text(parse("server = 1\n" + std::string(kModule), "m.toml").error()),
            "m.toml:1:10: `server`: expected a table, found an integer");
}

TEST(MergeTest, FlagsWin) {
  ServerSettings flags;
  flags.listen = "127.0.0.1:1";
  flags.limits.cpu_ms_max = 1;
  ServerSettings file;
  file.listen = "127.0.0.1:2";
  file.hostname = "b";
  file.limits.cpu_ms_max = 2;
  file.limits.wall_ms_max = 2;
  const ServerSettings merged = merge(flags, file);
  EXPECT_EQ(merged.listen, "127.0.0.1:1");
  EXPECT_EQ(merged.hostname, "b");
  EXPECT_EQ(merged.limits.cpu_ms_max, 1u);
  EXPECT_EQ(merged.limits.wall_ms_max, 2u);
}

TEST(MergeTest, VariablesOfTheFlagsComeLater) {
  ServerSettings flags;
  flags.environment = {{"A", "flag"}};
  flags.env_files = {"flag.env"};
  ServerSettings file;
  file.environment = {{"A", "file"}, {"B", "file"}};
  file.env_files = {"file.env"};
  const ServerSettings merged = merge(flags, file);
  EXPECT_THAT(merged.environment,
              ElementsAre(Pair("A", "file"), Pair("B", "file"), Pair("A", "flag")));
  EXPECT_THAT(merged.env_files, ElementsAre("file.env", "flag.env"));
}

// A key that merge() forgets would be read from the file and then ignored.
TEST(MergeTest, EverySettingOfTheFileArrives) {
  const ServerSettings file = server(
      "listen = \"[::1]:0\"\nhostname = \"a\"\ncache = \"c\"\nmodule_cache = \"m\"\nlog_dir = "
      "\"l\"\n"
      "log_format = \"json\"\ntls_cert = \"t\"\ntls_key = \"k\"\nworkers = 2\nwatch = true\n"
      "memory_max = 1\ncpu_ms_max = 1\nwall_ms_max = 2\nbody_bytes_max = 3\nconcurrency_max = 4\n"
      "instances = \"kept\"\n"
      "idle_ms_max = 5\nhead_ms_max = 6\nio_ms_max = 7\ndrain_ms_max = 8\nhead_bytes_max = 9\n"
      "connections_max = 10\ncompile_ms_max = 11\ncompile_memory_max = 0\n");
  const ServerSettings merged = merge({}, file);
  EXPECT_TRUE(merged.listen && merged.hostname && merged.cache_file && merged.module_cache);
  EXPECT_TRUE(merged.log_dir && merged.log_format && merged.tls_cert && merged.tls_key);
  EXPECT_TRUE(merged.workers && merged.watch);
  EXPECT_TRUE(merged.limits.memory_bytes_max && merged.limits.cpu_ms_max);
  EXPECT_TRUE(merged.limits.wall_ms_max && merged.limits.body_bytes_max);
  EXPECT_TRUE(merged.limits.concurrency_max && merged.limits.keeps_instances);
  EXPECT_TRUE(merged.idle_ms_max && merged.head_ms_max && merged.io_ms_max);
  EXPECT_TRUE(merged.drain_ms_max && merged.head_bytes_max && merged.connections_max);
  EXPECT_TRUE(merged.compile_ms_max && merged.compile_memory_bytes_max);
}

}  // namespace
}  // namespace wagi::config
