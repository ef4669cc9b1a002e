#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/env_file.h"
#include "config/env_pair.h"

namespace wagi::config {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::Pair;

TEST(EnvPairTest, NameAndValue) {
  EXPECT_EQ(parseEnvPair("A=b"), EnvPair("A", "b"));
  EXPECT_EQ(parseEnvPair("A="), EnvPair("A", ""));
  EXPECT_EQ(parseEnvPair("A=b=c"), EnvPair("A", "b=c"));
  EXPECT_EQ(parseEnvPair(" A = b "), EnvPair(" A ", " b "));
}

TEST(EnvPairTest, OnePairOfMatchingQuotesIsStripped) {
  EXPECT_EQ(parseEnvPair("A=\"b c\""), EnvPair("A", "b c"));
  EXPECT_EQ(parseEnvPair("A='b c'"), EnvPair("A", "b c"));
  EXPECT_EQ(parseEnvPair("A=''b''"), EnvPair("A", "'b'"));
  EXPECT_EQ(parseEnvPair("A=\"\""), EnvPair("A", ""));
  for (const char* text : {"A=\"", "A='", "A=\"b'", "A=b\"", "A='b"}) {
    EXPECT_EQ(parseEnvPair(text)->second, std::string_view(text).substr(2)) << text;
  }
}

TEST(EnvPairTest, MistakesAreExplained) {
  EXPECT_EQ(parseEnvPair("A").error().message, "`A` has no '=': expected NAME=VALUE");
  EXPECT_EQ(parseEnvPair("").error().message, "`` has no '=': expected NAME=VALUE");
  EXPECT_EQ(parseEnvPair("=b").error().message, "a variable's name must not be empty");
  EXPECT_EQ(parseEnvPair("A=b\0"s).error().message, "the value of `A` must not contain NUL");
  EXPECT_EQ(parseEnvPair("A\0=b"s).error().message, "a variable's name must not contain NUL");
}

TEST(EnvFileTest, LinesOfAUsualFile) {
  const auto pairs = parseEnvFile(
      "\xef\xbb\xbf# Settings\n"
      "\n"
      "A=1\r\n"
      "  B = two words \n"
      "C=\"quoted # no comment\"\r\n"
      "export D='x'\n"
      "\t# indented\n"
      "E=\n"
      "A=2\n"
      "exported=y\n"
      "F=a=b",
      ".env");
  ASSERT_TRUE(pairs);
  EXPECT_THAT(*pairs, ElementsAre(Pair("A", "1"), Pair("B", "two words"),
                                  Pair("C", "quoted # no comment"), Pair("D", "x"), Pair("E", ""),
                                  Pair("A", "2"), Pair("exported", "y"), Pair("F", "a=b")));
}

TEST(EnvFileTest, EmptyFileHasNoVariables) {
  EXPECT_THAT(parseEnvFile("", "f").value(), testing::IsEmpty());
  EXPECT_THAT(parseEnvFile("\r\n\r\n", "f").value(), testing::IsEmpty());
}

TEST(EnvFileTest, EveryMistakeHasItsLine) {
  const auto pairs = parseEnvFile("A=1\n  nonsense\n\n=x\nB=2\0\n"s, "my.env");
  ASSERT_FALSE(pairs);
  EXPECT_EQ(text(pairs.error()),
            "my.env:2:3: `nonsense` has no '=': expected NAME=VALUE\n"
            "my.env:4:1: a variable's name must not be empty\n"
            "my.env:5:1: the value of `B` must not contain NUL");
}

}  // namespace
}  // namespace wagi::config
