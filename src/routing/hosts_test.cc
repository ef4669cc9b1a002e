#include "routing/hosts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wagi::routing {
namespace {

using ::testing::HasSubstr;

TEST(HostPatternTest, HasOneForm) {
  EXPECT_EQ(parseHostPattern("Example.COM").value(), "example.com");
  EXPECT_EQ(parseHostPattern("*.Example.com").value(), "*.example.com");
  EXPECT_EQ(parseHostPattern("*").value(), "*");
  EXPECT_EQ(parseHostPattern("127.0.0.1").value(), "127.0.0.1");
  EXPECT_EQ(parseHostPattern("[2001:DB8::1]").value(), "[2001:db8::1]");
  EXPECT_EQ(parseHostPattern("localhost").value(), "localhost");
}

TEST(HostPatternTest, WhatNoHostIsIsRefused) {
  for (const char* text : {"", "a..b", "a b", "http://a", "a/b", "a:80", "[::1", "::1", "[zz]",
                           "-a", "b\u00fccher.example", "127.1", "*.127.0.0.1", "*.[::1]", "*."}) {
    EXPECT_FALSE(parseHostPattern(text)) << text;
  }
  for (const char* text : {"a.*.com", "*a.com", "**", "a.*", "*.*.com", "www.*.example.com"}) {
    const auto pattern = parseHostPattern(text);
    ASSERT_FALSE(pattern) << text;
    EXPECT_THAT(pattern.error().message, HasSubstr("at the begin")) << text;
  }
  EXPECT_FALSE(parseHostPattern(std::string(256, 'a')));
}

TEST(HostTableTest, TheNearestNameWins) {
  HostTable table;
  EXPECT_TRUE(table.add("example.com", 0));
  EXPECT_TRUE(table.add("*.example.com", 1));
  EXPECT_TRUE(table.add("*.b.example.com", 2));
  EXPECT_TRUE(table.add("a.b.example.com", 3));
  EXPECT_EQ(table.find("example.com"), 0);
  EXPECT_EQ(table.find("EXAMPLE.com."), 0);
  EXPECT_EQ(table.find("x.example.com"), 1);
  EXPECT_EQ(table.find("x.y.example.com"), 1);
  EXPECT_EQ(table.find("b.example.com"), 1);
  EXPECT_EQ(table.find("x.b.example.com"), 2);
  EXPECT_EQ(table.find("a.b.example.com"), 3);
  EXPECT_EQ(table.find(".example.com"), std::nullopt);
  EXPECT_EQ(table.find("notexample.com"), std::nullopt);
  EXPECT_EQ(table.find(""), std::nullopt);
  EXPECT_EQ(table.find(std::string(10'000, 'a')), std::nullopt);
}

TEST(HostTableTest, OneSiteHasWhatNoOtherHas) {
  HostTable table;
  EXPECT_TRUE(table.add("[::1]", 1));
  EXPECT_TRUE(table.add("*", 7));
  EXPECT_EQ(table.find("[::1]"), 1);
  EXPECT_EQ(table.find("other"), 7);
  EXPECT_EQ(table.find(""), 7);
  EXPECT_EQ(table.find(std::string(10'000, 'a')), 7);
}

TEST(HostTableTest, APatternHasOneSite) {
  HostTable table;
  EXPECT_TRUE(table.add("a", 0));
  EXPECT_FALSE(table.add("a", 1));
  EXPECT_TRUE(table.add("*.a", 0));
  EXPECT_FALSE(table.add("*.a", 1));
  EXPECT_TRUE(table.add("*", 0));
  EXPECT_FALSE(table.add("*", 1));
  EXPECT_EQ(table.find("a"), 0);
}

}  // namespace
}  // namespace wagi::routing
