#include "config/write.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace wagi::config {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

std::string written(const std::vector<Module>& modules, const Limits& defaults = {}) {
  auto text = write(modules, defaults);
  EXPECT_TRUE(text) << text.error().message;
  return text.value_or("");
}

std::vector<Module> readBack(const std::string& text) {
  auto config = parse(text, "m.toml");
  EXPECT_TRUE(config) << wagi::config::text(config.error()) << "\n" << text;
  return config ? config->modules : std::vector<Module>{};
}

void expectSame(const Module& a, const Module& b) {
  EXPECT_EQ(a.route, b.route);
  EXPECT_EQ(a.module, b.module);
  EXPECT_EQ(a.entrypoint, b.entrypoint);
  EXPECT_EQ(a.argv, b.argv);
  EXPECT_EQ(a.environment, b.environment);
  EXPECT_EQ(a.allowed_hosts, b.allowed_hosts);
  EXPECT_EQ(a.http_max_concurrency, b.http_max_concurrency);
  EXPECT_EQ(a.bindle_server, b.bindle_server);
  EXPECT_EQ(a.limits.memory_bytes_max, b.limits.memory_bytes_max);
  EXPECT_EQ(a.limits.cpu_ms_max, b.limits.cpu_ms_max);
  EXPECT_EQ(a.limits.wall_ms_max, b.limits.wall_ms_max);
  EXPECT_EQ(a.limits.body_bytes_max, b.limits.body_bytes_max);
  EXPECT_EQ(a.limits.concurrency_max, b.limits.concurrency_max);
  EXPECT_EQ(a.limits.keeps_instances, b.limits.keeps_instances);
  ASSERT_EQ(a.volumes.size(), b.volumes.size());
  for (std::size_t i = 0; i < a.volumes.size(); ++i) {
    EXPECT_EQ(a.volumes[i].guest, b.volumes[i].guest);
    EXPECT_EQ(a.volumes[i].host, b.volumes[i].host);
    EXPECT_EQ(a.volumes[i].read_only, b.volumes[i].read_only);
    EXPECT_EQ(a.volumes[i].exclusive, b.volumes[i].exclusive);
  }
}

// Values that parse() takes, in the order in which it gives them.
class Values {
 public:
  explicit Values(unsigned seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t most) { return random_() % most; }
  bool flip() { return below(2) == 0; }

  // Any characters but NUL, those that TOML minds more often than others.
  std::string text() {
    static const std::vector<std::string> kPieces = {
        "a",    "\"",  "\\",     "\n", "\r", "\t",     "\x01",       "\x1f",
        "\x7f", "'''", "\"\"\"", "#",  "=",  "\u00e9", "\U0001F99B", ".",
        " ",    "]",   "\u2028", "}",  "${", "/..",    "\\u",        "\ufeff"};
    std::string made;
    for (auto left = below(8); left > 0; --left) made += kPieces[below(kPieces.size())];
    return made;
  }
  std::string nonEmpty() { return "x" + text(); }

  Module module() {
    Module m;
    m.route = "/" + std::to_string(below(1'000'000)) + (flip() ? "/..." : "");
    m.module = nonEmpty();
    if (flip()) m.entrypoint = nonEmpty();
    if (flip()) m.argv = "${SCRIPT_NAME} \"x\" \\ ${ARGS}";
    for (auto left = below(4); left > 0; --left) {
      m.volumes.push_back({.guest = "/" + std::to_string(left) + (flip() ? "\"\\\n.#" : ""),
                           .host = nonEmpty(),
                           .read_only = flip(),
                           .exclusive = flip(),
                           .place = {}});
    }
    std::ranges::sort(m.volumes, {}, &Volume::guest);
    for (auto left = below(4); left > 0; --left) {
      std::string name = std::to_string(left) + text();
      std::erase(name, '=');
      m.environment.emplace_back(name, text());
    }
    std::ranges::sort(m.environment);
    for (auto left = below(3); left > 0; --left) {
      m.allowed_hosts.push_back("https://h" + std::to_string(below(1'000)));
    }
    if (flip()) m.http_max_concurrency = below(1'000);
    if (flip()) m.bindle_server = nonEmpty();
    if (flip()) m.limits.memory_bytes_max = below(INT64_MAX);
    if (flip()) m.limits.cpu_ms_max = below(1'000'000);
    if (flip()) m.limits.wall_ms_max = 0;
    if (flip()) m.limits.body_bytes_max = INT64_MAX;
    if (flip()) m.limits.concurrency_max = below(UINT32_MAX);
    m.limits.keeps_instances = flip();
    return m;
  }

 private:
  std::mt19937_64 random_;
};

TEST(WriteTest, AnyModulesReadBackTheSame) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Values values(seed);
  for (int round = 0; round < 1'000 && !testing::Test::HasFailure(); ++round) {
    std::vector<Module> modules;
    for (auto left = 1 + values.below(4); left > 0; --left) modules.push_back(values.module());
    const auto back = readBack(written(modules));
    ASSERT_EQ(back.size(), modules.size());
    for (std::size_t i = 0; i < back.size(); ++i) expectSame(back[i], modules[i]);
  }
}

TEST(WriteTest, WhatIsTheDefaultIsLeftOut) {
  Module module;
  module.route = "/a";
  module.module = "a.wasm";
  EXPECT_EQ(written({module}), "[[module]]\nroute = \"/a\"\nmodule = \"a.wasm\"\n");
}

TEST(WriteTest, EachThingIsALine) {
  Module module;
  module.route = "/a";
  module.module = "a.wasm";
  module.volumes = {{.guest = "/", .host = "site", .read_only = true, .place = {}},
                    {.guest = "data", .host = "d", .place = {}}};
  module.environment = {{"NAME", "first"}, {"A B", "\x01"}, {"NAME", "last"}};
  module.limits.cpu_ms_max = 5;
  EXPECT_EQ(written({module, module}).substr(written({module}).size()), "\n" + written({module}));
  EXPECT_EQ(written({module}),
            "[[module]]\nroute = \"/a\"\nmodule = \"a.wasm\"\ncpu_ms_max = 5\n\n"
            "[module.volumes]\n\"/\" = {path = \"site\", read_only = true}\ndata = \"d\"\n\n"
            "[module.environment]\n\"A B\" = \"\\u0001\"\nNAME = \"last\"\n");
}

TEST(WriteTest, LimitsOfTheServerAreLeftToIt) {
  Module module;
  module.route = "/a";
  module.module = "a.wasm";
  module.limits.cpu_ms_max = 5;
  Limits server;
  server.cpu_ms_max = 5;
  server.wall_ms_max = 7;
  const std::string text = written({module}, server);
  EXPECT_THAT(text, HasSubstr("wall_ms_max = 60000"));
  const auto back = readBack("[server]\ncpu_ms_max = 5\nwall_ms_max = 7\n" + text);
  ASSERT_EQ(back.size(), 1u);
  expectSame(back[0], module);
}

TEST(WriteTest, WhatNoFileCanHoldFails) {
  Module good;
  good.route = "/a";
  good.module = "a.wasm";
  for (const std::string& bad : {"\xff"s, "a\0b"s, "\xed\xa0\x80"s}) {
    for (int part = 0; part < 6; ++part) {
      Module module = good;
      if (part == 0) module.module = bad;
      if (part == 1) module.environment = {{"A", bad}};
      if (part == 2) module.environment = {{bad, "1"}};
      if (part == 3) module.volumes = {{.guest = "/", .host = bad, .place = {}}};
      if (part == 4) module.volumes = {{.guest = bad, .host = "/", .place = {}}};
      if (part == 5) module.allowed_hosts = {"http://a", bad};
      const auto text = write({good, module, good});
      ASSERT_FALSE(text) << part;
      EXPECT_THAT(text.error().message, HasSubstr("no TOML file can hold it"));
    }
  }
}

}  // namespace
}  // namespace wagi::config
