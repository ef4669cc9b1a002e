#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"

namespace wagi::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::StartsWith;

Config config(std::string_view text) {
  auto read = parse(text, "m.toml");
  EXPECT_TRUE(read) << config::text(read.error());
  return read ? *std::move(read) : Config{};
}

std::string mistakes(std::string_view text) {
  const auto read = parse(text, "m.toml");
  return read ? "none" : config::text(read.error());
}

std::string module(std::string_view table, std::string_view more = "") {
  return "[[" + std::string(table) + "]]\nroute = \"/\"\nmodule = \"a.wasm\"\n" + std::string(more);
}

TEST(SiteTest, WithoutOneEveryModuleIsOfTheFirst) {
  const Config c = config(module("module"));
  ASSERT_EQ(c.sites.size(), 1u);
  EXPECT_THAT(c.sites[0].hosts, IsEmpty());
  EXPECT_EQ(c.modules[0].site, 0u);
}

TEST(SiteTest, HasHostsModulesAndWhatTheyShare) {
  const Config c = config("[server]\nmemory_max = \"1 MiB\"\ncpu_ms_max = 7\n" + module("module") +
                          R"(
[[site]]
hosts = ["Example.com", "*.example.com"]
tls_cert = "c.pem"
tls_key = "k.pem"
env = {A = "site", B = "site"}
cpu_ms_max = 9
)" + module("site.module", "environment = {B = \"own\"}\nwall_ms_max = 3\n") +
                          module("site.module", "cpu_ms_max = 1\n"));
  ASSERT_EQ(c.sites.size(), 2u);
  EXPECT_THAT(c.sites[1].hosts, ElementsAre("example.com", "*.example.com"));
  ASSERT_TRUE(c.sites[1].certificate);
  EXPECT_EQ(c.sites[1].certificate->cert, "c.pem");
  // The modules of [[site]]s come first, wherever they stand; each site's keep their order.
  ASSERT_EQ(c.modules.size(), 3u);
  EXPECT_EQ(c.modules[0].site, 1u);
  EXPECT_THAT(c.modules[0].environment,
              ElementsAre(Pair("A", "site"), Pair("B", "site"), Pair("B", "own")));
  EXPECT_EQ(c.modules[0].limits.memory_bytes_max, 1u << 20);
  EXPECT_EQ(c.modules[0].limits.cpu_ms_max, 9u);
  EXPECT_EQ(c.modules[0].limits.wall_ms_max, 3u);
  EXPECT_EQ(c.modules[1].limits.cpu_ms_max, 1u);
  EXPECT_EQ(c.modules[2].site, 0u);
  EXPECT_EQ(c.modules[2].limits.cpu_ms_max, 7u);
}

TEST(SiteTest, AHostOfAModuleIsTheShortForm) {
  const Config c = config(module("module", "host = \"a.example\"\n") +
                          module("module", "host = \"A.example\"\n") +
                          module("module", "host = \"b.example\"\n") +
                          "[[site]]\nhosts = [\"b.example\"]\n" + module("site.module"));
  ASSERT_EQ(c.sites.size(), 3u);
  EXPECT_THAT(c.sites[1].hosts, ElementsAre("b.example"));
  EXPECT_THAT(c.sites[2].hosts, ElementsAre("a.example"));
  EXPECT_EQ(c.modules[0].site, 1u);
  EXPECT_EQ(c.modules[1].site, 2u);
  EXPECT_EQ(c.modules[2].site, 2u);
  EXPECT_EQ(c.modules[3].site, 1u);
}

TEST(SiteTest, EqualRoutesOfOneSiteAreWarnedOf) {
  EXPECT_THAT(config(module("module") + module("module", "host = \"a\"\n")).warnings, IsEmpty());
  const Config c = config("[[site]]\nhosts = [\"a\"]\n" + module("site.module") +
                          module("module", "host = \"a\"\n"));
  ASSERT_EQ(c.warnings.size(), 1u);
  EXPECT_THAT(c.warnings[0].text(), StartsWith("m.toml:6:1: the route `/` is never reached"));
}

TEST(SiteTest, WhatIsWrongHasItsPlace) {
  EXPECT_EQ(mistakes("[[site]]\nhosts = [\"a\"]\n[[site]]\nhosts = [\"b\", \"A\"]\n"
                     "[[site.module]]\nroute = \"/\"\nmodule = \"m\"\n"),
            "m.toml:1:1: [[site]] has no [[site.module]], so it serves nothing\n"
            "m.toml:4:15: `hosts`: the site of line 1 has \"a\" already");
  EXPECT_THAT(mistakes("[[site]]\n" + module("site.module")),
              StartsWith("m.toml:1:1: [[site]] needs `hosts`, a list such as"));
  EXPECT_THAT(mistakes("[[site]]\nhosts = \"a\"\n" + module("site.module")),
              StartsWith("m.toml:2:9: [[site]] needs `hosts`, a list such as"));
  EXPECT_EQ(mistakes("[[site]]\nhosts = []\n" + module("site.module")),
            "m.toml:2:9: `hosts`: expected 1 to 1000 hosts, found 0");
  for (const char* host : {"a.*.com", "*a.com", "http://a", "a:80", "", "a b"}) {
    EXPECT_THAT(
        mistakes("[[site]]\nhosts = [\"" + std::string(host) + "\"]\n" + module("site.module")),
        StartsWith("m.toml:2:10: `hosts`: \"" + std::string(host) + "\" is no host"));
    if (*host == '\0') continue;
    EXPECT_THAT(mistakes(module("module", "host = \"" + std::string(host) + "\"\n")),
                StartsWith("m.toml:4:8: `host`: \"" + std::string(host) + "\" is no host"));
  }
  EXPECT_THAT(mistakes("[[site]]\nhosts = [\"a\"]\n" + module("site.module", "host = \"b\"\n")),
              StartsWith("m.toml:6:1: unknown key `host` in [[site.module]]"));
  EXPECT_THAT(mistakes("[[site]]\nhosts = [\"a\"]\ntls_cert = \"c\"\n" + module("site.module")),
              StartsWith("m.toml:3:12: `tls_cert` needs `tls_key`"));
}

TEST(SiteTest, OneSiteHasTheHostsThatNoOtherHas) {
  EXPECT_EQ(config("[[site]]\nhosts = [\"*\"]\n" + module("site.module")).sites[1].hosts[0], "*");
  EXPECT_THAT(mistakes("[[site]]\nhosts = [\"*\"]\n" + module("site.module") + module("module")),
              HasSubstr("m.toml:1:1: the host \"*\" is that of [[module]]s without a host already, "
                        "such as that of line 6"));
}

TEST(SiteTest, TheAnswerToAnUnknownHostIsOneOfTwo) {
  const auto server = [](std::string_view status) {
    return "[server]\nunknown_host = " + std::string(status) + "\n" + module("module");
  };
  EXPECT_EQ(config(server("404")).server.unknown_host, 404u);
  EXPECT_EQ(config(server("421")).server.unknown_host, 421u);
  EXPECT_EQ(mistakes(server("200")), "m.toml:2:16: `unknown_host`: expected 421 or 404, found 200");
}

}  // namespace
}  // namespace wagi::config
