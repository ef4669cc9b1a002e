#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"

namespace wagi::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

// The one module of a file that holds `lines` beside a route and a module.
Module module(std::string_view lines) {
  const std::string head = "[[module]]\nroute = \"/a\"\nmodule = \"a.wasm\"\n";
  auto config = parse(head + std::string(lines), "m.toml");
  EXPECT_TRUE(config) << text(config.error());
  return config ? config->modules.at(0) : Module{};
}

// All mistakes of a file that holds `lines` from its line 4 on.
std::string mistakes(std::string_view lines) {
  const std::string head = "[[module]]\nroute = \"/a\"\nmodule = \"a.wasm\"\n";
  const auto config = parse(head + std::string(lines), "m.toml");
  return config ? "none" : text(config.error());
}

std::string mistakesOf(std::string_view file) {
  const auto config = parse(file, "m.toml");
  return config ? "none" : text(config.error());
}

TEST(ModuleTest, DefaultsOfTheSmallestModule) {
  const Module m = module("");
  EXPECT_EQ(m.route, "/a");
  EXPECT_EQ(m.module, "a.wasm");
  EXPECT_EQ(m.entrypoint, "_start");
  EXPECT_EQ(m.argv, std::nullopt);
  EXPECT_TRUE(m.volumes.empty());
  EXPECT_TRUE(m.environment.empty());
  EXPECT_TRUE(m.allowed_hosts.empty());
  EXPECT_EQ(m.http_max_concurrency, std::nullopt);
  EXPECT_EQ(m.bindle_server, std::nullopt);
  EXPECT_EQ(m.limits.memory_bytes_max, 128u << 20);
  EXPECT_EQ(m.limits.cpu_ms_max, 10'000u);
  EXPECT_EQ(m.limits.wall_ms_max, 60'000u);
  EXPECT_EQ(m.limits.body_bytes_max, 64u << 20);
  EXPECT_EQ(m.limits.concurrency_max, 1'000u);
  EXPECT_TRUE(m.limits.keeps_instances);
  EXPECT_EQ(m.place.line, 1u);
  EXPECT_EQ(m.module_place.line, 3u);
  EXPECT_EQ(m.module_place.column, 10u);
}

TEST(ModuleTest, EveryKey) {
  const Module m = module(R"(
entrypoint = "hello"
argv = "x ${SCRIPT_NAME} ${ARGS}"
volumes = {"/data" = "my/data", "/ro" = {path = "/srv/ro", read_only = true}, "/z" = {path = "z", exclusive = true}}
environment = {A = "1", B = ""}
allowed_hosts = ["https://example.com", "http://localhost:8080", "insecure:allow-all"]
http_max_concurrency = 4
bindle_server = "http://localhost:8080/v1"
memory_max = "64 MiB"
cpu_ms_max = 1
wall_ms_max = 0
body_bytes_max = 1024
concurrency_max = 7
instances = "new"
)");
  EXPECT_EQ(m.entrypoint, "hello");
  EXPECT_EQ(m.argv, "x ${SCRIPT_NAME} ${ARGS}");
  ASSERT_EQ(m.volumes.size(), 3u);
  EXPECT_EQ(m.volumes[0].guest, "/data");
  EXPECT_EQ(m.volumes[0].host, "my/data");
  EXPECT_FALSE(m.volumes[0].read_only);
  EXPECT_EQ(m.volumes[0].place.line, 7u);
  EXPECT_EQ(m.volumes[1].guest, "/ro");
  EXPECT_EQ(m.volumes[1].host, "/srv/ro");
  EXPECT_TRUE(m.volumes[1].read_only);
  EXPECT_FALSE(m.volumes[1].exclusive);
  EXPECT_TRUE(m.volumes[2].exclusive);
  EXPECT_FALSE(m.volumes[2].read_only);
  EXPECT_THAT(m.environment, ElementsAre(Pair("A", "1"), Pair("B", "")));
  ASSERT_EQ(m.allowed_hosts.size(), 3u);
  EXPECT_EQ(m.allowed_hosts[1], "http://localhost:8080");
  EXPECT_EQ(m.http_max_concurrency, 4u);
  EXPECT_EQ(m.bindle_server, "http://localhost:8080/v1");
  EXPECT_EQ(m.limits.memory_bytes_max, 64u << 20);
  EXPECT_EQ(m.limits.cpu_ms_max, 1u);
  EXPECT_EQ(m.limits.wall_ms_max, 0u);
  EXPECT_EQ(m.limits.body_bytes_max, 1'024u);
  EXPECT_EQ(m.limits.concurrency_max, 7u);
  EXPECT_FALSE(m.limits.keeps_instances);
}

TEST(ModuleTest, ReferencesOfAllKindsAreKept) {
  for (const char* reference : {"oci:name:1.0", "oci://localhost:5000/name:1.0",
                                "bindle:name/1.0.0", "file:///srv/a.wasm", "a.wat"}) {
    const auto config =
        parse("[[module]]\nroute = \"/\"\nmodule = \"" + std::string(reference) + "\"", "m.toml");
    ASSERT_TRUE(config) << reference;
    EXPECT_EQ(config->modules[0].module, reference);
  }
}

TEST(ModuleTest, MissingKeysAreNamed) {
  EXPECT_EQ(mistakesOf("[[module]]\nmodule = \"a.wasm\"\n[[module]]\nroute = \"/\"\n"),
            "m.toml:1:1: [[module]] has no `route`, which is required\n"
            "m.toml:3:1: [[module]] has no `module`, which is required");
}

TEST(ModuleTest, EmptyStringsAreMistakes) {
  EXPECT_EQ(mistakesOf("[[module]]\nroute = \"\"\nmodule = \"\"\nentrypoint = \"\""),
            "m.toml:2:9: `route` must not be empty\n"
            "m.toml:3:10: `module` must not be empty\n"
            "m.toml:4:14: `entrypoint` must not be empty");
}

TEST(ModuleTest, UnknownKeyNamesTheNearest) {
  EXPECT_EQ(mistakes("entry_point = \"x\"\nvolume = {}\n"),
            "m.toml:4:1: unknown key `entry_point` in [[module]]: the nearest known key is "
            "`entrypoint`\n"
            "m.toml:5:1: unknown key `volume` in [[module]]: the nearest known key is `volumes`");
}

TEST(ModuleTest, InstancesAreKeptOrNew) {
  EXPECT_EQ(mistakes("instances = \"pooled\"\n"),
            "m.toml:4:13: `instances`: expected \"kept\" or \"new\", found \"pooled\"");
}

TEST(ModuleTest, KeysThatWagiHadOnceAreWarnedOf) {
  const auto config = parse(
      "[[module]]\nroute = \"/\"\nmodule = \"a.wasm\"\n"
      "repository = 1\nconcurrency = 2\n",
      "m.toml");
  ASSERT_TRUE(config) << text(config.error());
  EXPECT_EQ(
      text(config->warnings),
      "m.toml:4:1: `repository` has no effect: leave it out, and name a registry in `module`, as "
      "in \"oci://HOST/NAME:TAG\"\n"
      "m.toml:5:1: `concurrency` has no effect: write `http_max_concurrency` for outbound answers, "
      "or `concurrency_max` for requests at once");
  EXPECT_EQ(config->modules[0].http_max_concurrency, std::nullopt);
}

// Wagi takes what fits 32 bits.
TEST(ModuleTest, MoreHttpConcurrencyThanThereIsIsLowered) {
  const auto config =
      parse("[[module]]\nroute = \"/\"\nmodule = \"a.wasm\"\nhttp_max_concurrency = 4294967295\n",
            "m.toml");
  ASSERT_TRUE(config) << text(config.error());
  EXPECT_EQ(config->modules[0].http_max_concurrency, 1'000u);
  EXPECT_EQ(text(config->warnings),
            "m.toml:4:24: `http_max_concurrency` is 4294967295, and 1000 is taken: the most");
}

TEST(ModuleTest, WrongTypesSayExpectedAndFound) {
  EXPECT_EQ(
      mistakes("entrypoint = 1\nargv = [\"a\"]\nvolumes = \"x\"\nenvironment = true\n"
               "allowed_hosts = \"x\"\nmemory_max = 1.5\ncpu_ms_max = \"1s\"\n"
               "concurrency_max = 1979-05-27\n"),
      "m.toml:4:14: `entrypoint`: expected a string, found an integer\n"
      "m.toml:5:8: `argv`: expected a string, found a list\n"
      "m.toml:6:11: `volumes`: expected a table, such as {\"/in/guest\" = \"on/host\"}, found "
      "a string\n"
      "m.toml:7:15: `environment`: expected a table of strings, such as {NAME = \"value\"}, "
      "found true or false\n"
      "m.toml:8:17: `allowed_hosts`: expected a list of strings, found a string\n"
      "m.toml:9:14: `memory_max`: expected an integer or a string such as \"64 MiB\", found a "
      "number with a fraction\n"
      "m.toml:10:14: `cpu_ms_max`: expected an integer, found a string\n"
      "m.toml:11:19: `concurrency_max`: expected an integer, found a date or time");
}

TEST(ModuleTest, NumbersHaveTheirRange) {
  EXPECT_EQ(mistakes("memory_max = -1\ncpu_ms_max = -1\nbody_bytes_max = \"1XB\"\n"
                     "wall_ms_max = 1000000000001\nhttp_max_concurrency = -4\n"
                     "concurrency_max = -1\n"),
            "m.toml:4:14: `memory_max` must not be negative\n"
            "m.toml:5:14: `cpu_ms_max` must not be negative\n"
            "m.toml:6:18: `body_bytes_max`: `1XB` is no size: expected one such as 1048576, \"64 "
            "KiB\" or \"1GiB\"\n"
            "m.toml:7:15: `wall_ms_max` must be at most 1000000000000\n"
            "m.toml:8:24: `http_max_concurrency` must not be negative\n"
            "m.toml:9:19: `concurrency_max` must not be negative");
  EXPECT_THAT(mistakes("http_max_concurrency = 4294967296"), HasSubstr("at most 4294967295"));
  EXPECT_THAT(mistakes("memory_max = \"9000PiB\""), HasSubstr("`memory_max` is too large"));
}

TEST(ModuleTest, BadRoutesHaveTheirPlace) {
  EXPECT_EQ(
      mistakesOf("[[module]]\nroute = \"a\"\nmodule = \"a\"\n"
                 "[[module]]\nroute = \"/a/.../b\"\nmodule = \"a\"\n"),
      "m.toml:2:9: the route `a` must begin with '/'\n"
      "m.toml:5:9: the route `/a/.../b` has `...` where it means nothing: it must be the last "
      "segment, as in `/path/...`");
}

TEST(ModuleTest, EnvironmentIsChecked) {
  EXPECT_EQ(
      mistakes("[module.environment]\n\"\" = \"x\"\n\"A=B\" = \"x\"\nC = \"a\\u0000b\"\nD = 1\n"),
      "m.toml:5:1: `environment`: a variable's name must not be empty\n"
      "m.toml:6:1: `environment`: the name `A=B` must not contain '='\n"
      "m.toml:7:1: `environment`: the value of `C` must not contain NUL\n"
      "m.toml:8:5: `environment.D`: expected a string, found an integer");
}

TEST(ModuleTest, VolumesAreChecked) {
  EXPECT_EQ(mistakes("[module.volumes]\n\"\" = \"x\"\n\"/b\" = \"\"\n\"/c\" = 1\n\"/d\" = {}\n"
                     "\"/e\" = {path = \"x\", readonly = true}\n"),
            "m.toml:5:1: `volumes`: a guest's path must not be empty or contain NUL\n"
            "m.toml:6:8: `volumes.\"/b\"` must not be empty\n"
            "m.toml:7:8: `volumes.\"/c\"`: expected a folder, or {path = \"folder\", read_only = "
            "true}, found an integer\n"
            "m.toml:8:8: volumes.\"/d\" has no `path`, which is required\n"
            "m.toml:9:21: unknown key `readonly` in volumes.\"/e\": the nearest known key is "
            "`read_only`");
}

// Two that a program can't tell apart, or one that it can't name, would be found out only by its
// missing files.
TEST(ModuleTest, VolumesHaveNamesThatAGuestCanUse) {
  EXPECT_EQ(mistakes("[module.volumes]\n\"/a\" = \"x\"\n\"/a/\" = \"y\"\n\"./a\" = \"z\"\n"
                     "\"../b\" = \"x\"\n\"/c/../d\" = \"x\"\n"),
            "m.toml:5:1: `volumes`: a guest's path is the same as another one's: \"/a\"\n"
            "m.toml:6:1: `volumes`: a guest's path is the same as another one's: \"/a/\"\n"
            "m.toml:8:1: `volumes`: a guest's path must not contain `..`\n"
            "m.toml:9:1: `volumes`: a guest's path must not contain `..`");
  EXPECT_EQ(mistakes("[module.volumes]\n\".\" = \"x\"\n\"/\" = \"y\"\n"),
            "m.toml:6:1: `volumes`: a guest's path is the same as another one's: \"/\"");
  EXPECT_EQ(mistakes("[module.volumes]\n\"/\" = \"x\"\n\"/a\" = \"x\"\n\"/a/b\" = \"x\"\n"
                     "\"/a..b\" = \"x\"\n\"relative\" = \"x\"\n"),
            "none");
}

TEST(ModuleTest, VolumesAreLimited) {
  std::string volumes = "[module.volumes]\n";
  for (int i = 0; i < 64; ++i) volumes += "\"/" + std::to_string(i) + "\" = \"x\"\n";
  EXPECT_EQ(mistakes(volumes), "none");
  EXPECT_EQ(mistakes(volumes + "\"/more\" = \"x\"\n"),
            "m.toml:4:1: `volumes`: at most 64 are possible");
}

TEST(ModuleTest, ArgvAndHostsAreChecked) {
  EXPECT_EQ(mistakes("argv = \"${ARG}\"\nallowed_hosts = [\"https://a\", \"http://127.1\", 1]\n"),
            "m.toml:4:8: `argv` has the unknown variable `${ARG}`; there are `${SCRIPT_NAME}` and "
            "`${ARGS}`\n"
            "m.toml:5:31: `allowed_hosts`: \"http://127.1\" names no host, such as "
            "https://example.com: an IPv4 address is four decimal numbers\n"
            "m.toml:5:47: `allowed_hosts`: expected a string, found an integer");
  std::string hosts;
  for (int i = 0; i < 1000; ++i) hosts += "\"a.example\", ";
  EXPECT_EQ(mistakes("allowed_hosts = [" + hosts + "]\n"), "none");
  EXPECT_EQ(mistakes("allowed_hosts = [" + hosts + "\"b.example\"]\n"),
            "m.toml:4:17: `allowed_hosts`: at most 1000 are possible");
}

TEST(ModuleTest, NulIsRefusedEverywhere) {
  EXPECT_EQ(mistakesOf("[[module]]\nroute = \"/\\u0000\"\nmodule = \"a\\u0000\"\n"),
            "m.toml:2:9: `route` must not contain NUL\n"
            "m.toml:3:10: `module` must not contain NUL");
}

}  // namespace
}  // namespace wagi::config
