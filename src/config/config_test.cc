#include "config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wagi::config {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::StartsWith;

std::string mistakes(std::string_view file) {
  const auto config = parse(file, "m.toml");
  return config ? "none" : text(config.error());
}

std::string moduleAt(std::string_view route) {
  return "[[module]]\nroute = \"" + std::string(route) + "\"\nmodule = \"a.wasm\"\n";
}

TEST(ConfigTest, ModulesKeepTheirOrder) {
  const auto config = parse(moduleAt("/b") + moduleAt("/a") + moduleAt("/..."), "m.toml");
  ASSERT_TRUE(config);
  ASSERT_EQ(config->modules.size(), 3u);
  EXPECT_EQ(config->modules[0].route, "/b");
  EXPECT_EQ(config->modules[1].route, "/a");
  EXPECT_EQ(config->modules[2].route, "/...");
  EXPECT_EQ(config->modules[1].place.line, 4u);
  EXPECT_EQ(config->modules[1].place.file, "m.toml");
  EXPECT_TRUE(config->warnings.empty());
}

TEST(ConfigTest, NothingToServeIsAMistake) {
  constexpr std::string_view kNothing =
      "m.toml: there is no [[module]], so there is nothing to serve";
  EXPECT_EQ(mistakes(""), kNothing);
  EXPECT_EQ(mistakes("module = []"), kNothing);
  EXPECT_EQ(mistakes("[server]\n"), kNothing);
}

TEST(ConfigTest, SyntaxMistakesHaveTheirPlace) {
  EXPECT_THAT(mistakes("[[module]]\nroute = /a\n"), StartsWith("m.toml:2:"));
  EXPECT_THAT(mistakes("[[module]]\nroute = \"/a\n"), StartsWith("m.toml:2:"));
  EXPECT_THAT(mistakes("[[module]\n"), StartsWith("m.toml:1:"));
  EXPECT_THAT(mistakes("a = 1\na = 2\n"), StartsWith("m.toml:2:"));
  EXPECT_THAT(mistakes("a = \"\xff\"\n"), StartsWith("m.toml:1:"));
}

// The TOML library asserts that a key begins as one.
TEST(ConfigTest, TableHeaderThatIsNoKeyIsAMistake) {
  for (const std::string& header :
       {"[=]"s, "[[!]]"s, "[.]"s, "[\0]"s, "[[\x01"s, "[\n]"s, "[a.=]"s}) {
    EXPECT_THAT(mistakes(header), StartsWith("m.toml:1:")) << header;
  }
}

// The TOML library asserts that such characters, where a blank may stand, are none.
TEST(ConfigTest, CharactersOutsideOfStringsAreMistakes) {
  for (const char* file :
       {"\u0492 = 1", "a.b\u00e9 = 1", "a = \u00e9", "a = [1\u0100]", "[a\u0492]"}) {
    EXPECT_THAT(mistakes(file), StartsWith("m.toml:1:")) << file;
  }
  EXPECT_THAT(mistakes("a = \"\"\"\\\n \u00e9\"\"\""), HasSubstr("unknown key `a`"));
}

TEST(ConfigTest, TopLevelIsChecked) {
  EXPECT_THAT(mistakes("[[modules]]\nroute = \"/\"\n"),
              HasSubstr("m.toml:1:3: unknown key `modules` in the file: the nearest known key is "
                        "`module`"));
  EXPECT_EQ(mistakes("[module]\nroute = \"/\"\n"),
            "m.toml:1:1: `module` must be a list: write [[module]], not [module]");
  EXPECT_EQ(mistakes("module = [1, 2]"),
            "m.toml:1:11: `module`: expected a table, found an integer\n"
            "m.toml:1:14: `module`: expected a table, found an integer");
}

// Wagi 0.8.1 starts with them; its own example has the first one.
TEST(ConfigTest, KeysThatWagiHadOnceAreWarnedOf) {
  for (const std::string key : {"default_host", "defaultHost", "defaultDomain"}) {
    const auto config = parse(key + " = \"localhost:3000\"\n" + moduleAt("/"), "m.toml");
    ASSERT_TRUE(config) << text(config.error());
    EXPECT_EQ(text(config->warnings),
              "m.toml:1:1: `" + key +
                  "` has no effect: write `hostname` in [server] instead, or give --hostname");
    EXPECT_FALSE(config->server.hostname);
  }
}

TEST(ConfigTest, OtherUnknownKeysStayMistakes) {
  EXPECT_EQ(
      mistakes("default_hosts = 1\n" + moduleAt("/")),
      "m.toml:1:1: unknown key `default_hosts` in the file; the known ones are `module`, `site`, "
      "`listen`, `server`, `registries`, `trust`");
  EXPECT_THAT(mistakes(moduleAt("/") + "[server]\ndefault_host = \"h\"\n"),
              StartsWith("m.toml:5:1: unknown key `default_host` in [server]"));
}

TEST(ConfigTest, AllMistakesAreReportedInTheirOrder) {
  EXPECT_EQ(mistakes("[[module]]\nzoute = \"/\"\nmodule = 1\n[server]\nworkers = -1\n"),
            "m.toml:1:1: [[module]] has no `route`, which is required\n"
            "m.toml:2:1: unknown key `zoute` in [[module]]: the nearest known key is `route`\n"
            "m.toml:3:10: `module`: expected a string, found an integer\n"
            "m.toml:5:11: `workers` must not be negative");
}

TEST(ConfigTest, EqualRoutesAreWarnedOf) {
  const auto config = parse(moduleAt("/a") + moduleAt("/b") + moduleAt("/a"), "m.toml");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->modules.size(), 3u);
  EXPECT_EQ(
      text(config->warnings),
      "m.toml:7:1: the route `/a` is never reached: the [[module]] of line 1 has the same one, "
      "and the first wins");
}

TEST(ConfigTest, WhatHasNoEffectIsWarnedOf) {
  const auto config =
      parse(moduleAt("/healthz") + "repository = \"x\"\n" + moduleAt("/a b") + moduleAt("/a%2/..."),
            "m.toml");
  ASSERT_TRUE(config);
  EXPECT_EQ(
      text(config->warnings),
      "m.toml:2:9: the route `/healthz` is never reached: the server answers there\n"
      "m.toml:4:1: `repository` has no effect: leave it out, and name a registry in `module`, "
      "as in \"oci://HOST/NAME:TAG\"\n"
      "m.toml:6:9: the route `/a b` is never reached: a request's path has no space, '?' or "
      "'#'; write it percent-encoded\n"
      "m.toml:9:9: the route `/a%2/...` is never reached: in a request's path two hex digits "
      "follow "
      "each '%'; write '%' itself as %25");
}

TEST(ConfigTest, EndlessKeysAreRefused) {
  std::string dots = "a";
  for (int i = 0; i < 1'000'000; ++i) dots += ".a";
  EXPECT_EQ(mistakes("\n[" + dots + "]\n"), "m.toml:2:1: a key has more than 16 parts");
  EXPECT_EQ(mistakes("x = 1\n" + dots + " = 1\n"), "m.toml:2:1: a key has more than 16 parts");
}

TEST(ConfigTest, EndlessNestingIsRefused) {
  EXPECT_THAT(mistakes("a = " + std::string(1'000'000, '[')), StartsWith("m.toml:1:"));
  std::string tables = "a = ";
  for (int i = 0; i < 250; ++i) tables += "{a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a = ";
  EXPECT_THAT(mistakes(tables), StartsWith("m.toml:1:"));
}

TEST(ConfigTest, EndlessFilesAreRefused) {
  EXPECT_EQ(mistakes(std::string((16 << 20) + 1, '\n')), "m.toml: the file is over 16777216 bytes");
}

TEST(DiagnosticTest, TextHasWhatIsKnownOfThePlace) {
  EXPECT_EQ((Diagnostic{{"f", 1, 2}, "x"}).text(), "f:1:2: x");
  EXPECT_EQ((Diagnostic{{"f", 0, 0}, "x"}).text(), "f: x");
  EXPECT_EQ((Diagnostic{{"", 0, 0}, "x"}).text(), "x");
  EXPECT_EQ(text({{{"f", 1, 2}, "x"}, {{"f", 3, 4}, "y"}}), "f:1:2: x\nf:3:4: y");
  EXPECT_EQ(text(std::vector<Diagnostic>{}), "");
}

}  // namespace
}  // namespace wagi::config
