#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"

namespace wagi::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kModule = "[[module]]\nroute = \"/\"\nmodule = \"a.wasm\"\n";

auto read(std::string_view lines) {
  return parse("[registries]\n" + std::string(lines) + std::string(kModule), "m.toml");
}

TEST(RegistriesTest, EveryKey) {
  const auto config = read(
      "plain_http = [\"registry.lan:5000\", \"[::2]:1\"]\nca_file = \"ca.pem\"\nsilence_ms_max = "
      "7\n");
  ASSERT_TRUE(config) << text(config.error());
  EXPECT_THAT(config->registries.plain_http, ElementsAre("registry.lan:5000", "[::2]:1"));
  EXPECT_EQ(config->registries.ca_file, "ca.pem");
  EXPECT_EQ(config->registries.silence_ms_max, 7u);
}

TEST(RegistriesTest, Mistakes) {
  EXPECT_THAT(text(read("plain_htp = []\n").error()),
              HasSubstr("m.toml:2:1: unknown key `plain_htp`"));
  EXPECT_THAT(text(read("plain_http = \"a\"\n").error()), HasSubstr("a list of strings"));
  EXPECT_THAT(text(read("plain_http = [\"http://a\"]\n").error()), HasSubstr("http://a"));
  EXPECT_THAT(text(read("silence_ms_max = 0\n").error()), HasSubstr("at least 1"));
  EXPECT_THAT(text(read("ca_file = \"\"\n").error()), HasSubstr("must not be empty"));
  EXPECT_THAT(text(parse("registries = 1\n" + std::string(kModule), "m.toml").error()),
              HasSubstr("expected a table"));
}

}  // namespace
}  // namespace wagi::config
