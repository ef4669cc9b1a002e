#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"

namespace wagi::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kModule = "[[module]]\nroute = \"/\"\nmodule = \"a.wasm\"\n";

auto read(std::string_view lines) {
  return parse("[trust]\n" + std::string(lines) + std::string(kModule), "m.toml");
}
std::string mistakes(std::string_view lines) {
  const auto config = read(lines);
  return config ? "none" : text(config.error());
}

TEST(TrustTest, KeysAndRules) {
  const auto config = read(
      "keys = {acme = \"acme.pub\", ops = \"/etc/ops.pub\"}\n"
      "required = {\"ghcr.io/acme/*\" = [\"acme\", \"ops\"], \"*\" = [\"ops\"]}\n");
  ASSERT_TRUE(config) << text(config.error());
  const Trust& trust = config->trust;
  ASSERT_EQ(trust.keys.size(), 2u);
  EXPECT_EQ(trust.keys[0].name, "acme");
  EXPECT_EQ(trust.keys[0].path, "acme.pub");
  EXPECT_EQ(trust.keys[0].place.line, 2u);
  ASSERT_EQ(trust.rules.size(), 2u);
  for (const TrustRule& rule : trust.rules) {
    if (rule.pattern == "*") {
      EXPECT_THAT(rule.keys, ElementsAre("ops"));
    } else {
      EXPECT_EQ(rule.pattern, "ghcr.io/acme/*");
      EXPECT_THAT(rule.keys, ElementsAre("acme", "ops"));
    }
  }
}

TEST(TrustTest, Mistakes) {
  EXPECT_THAT(mistakes("key = {}\n"), HasSubstr("m.toml:2:1: unknown key `key`"));
  EXPECT_THAT(mistakes("keys = [\"a.pub\"]\n"), HasSubstr("m.toml:2:8: `keys`: expected a table"));
  EXPECT_THAT(mistakes("keys = {a = 1}\n"), HasSubstr("`keys.a`: expected a string"));
  EXPECT_THAT(mistakes("keys = {a = \"\"}\n"), HasSubstr("`keys.a` must not be empty"));
  EXPECT_THAT(mistakes("required = [\"*\"]\n"), HasSubstr("`required`: expected a table"));
  EXPECT_THAT(mistakes("required = {\"*\" = [\"a\"]}\n"), HasSubstr("there are no `keys`"));
  EXPECT_THAT(
      mistakes("keys = {acme = \"a\"}\nrequired = {\"*\" = [\"acne\"]}\n"),
      HasSubstr("m.toml:3:20: `required.*` names the key `acne`, which isn't in `keys`: the "
                "nearest one is `acme`"));
  EXPECT_EQ(mistakes("keys = {acme = \"a\"}\nrequired = {\"*\" = [\"release\"]}\n"),
            "m.toml:3:20: `required.*` names the key `release`, which isn't in `keys`");
  EXPECT_THAT(mistakes("keys = {a = \"a\"}\nrequired = {\"*\" = []}\n"), HasSubstr("at least one"));
  EXPECT_THAT(mistakes("keys = {a = \"a\"}\nrequired = {\"*\" = \"a\"}\n"), HasSubstr("a list"));
  EXPECT_THAT(mistakes("keys = {a = \"a\"}\nrequired = {\"*\" = [1]}\n"), HasSubstr("a string"));
  EXPECT_THAT(mistakes("keys = {a = \"a\"}\nrequired = {\"\" = [\"a\"]}\n"), HasSubstr("empty"));
}

}  // namespace
}  // namespace wagi::config
