#include "base/text.h"

#include <gtest/gtest.h>

namespace wagi {
namespace {

TEST(TextTest, BlanksAroundATextAreTrimmed) {
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},    {" ", ""},    {"\t \t", ""},        {"a", "a"},
      {" a", "a"}, {"a\t", "a"}, {"\t a b \t", "a b"}, {"a\n", "a\n"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(trim(text), expected) << text;
  EXPECT_EQ(trim("\r\n a \r\n", " \r\n"), "a");
  EXPECT_EQ(trim("\ta ", " "), "\ta");
  EXPECT_EQ(trimLeft(" \ta b "), "a b ");
  EXPECT_EQ(trimLeft("\t\t"), "");
}

TEST(TextTest, WhatIsTrimmedStaysWithinItsText) {
  const std::string_view text = "  ";
  EXPECT_EQ(trim(text).data(), text.data() + text.size());
  const std::string_view padded = " a ";
  EXPECT_EQ(trim(padded).data(), padded.data() + 1);
}

TEST(TextTest, OnlyLettersOfAsciiHaveCase) {
  EXPECT_EQ(lowered("AZaz09@[`{\xc3\x84"), "azaz09@[`{\xc3\x84");
  EXPECT_TRUE(equalsIgnoringCase("Content-TYPE", "content-type"));
  EXPECT_FALSE(equalsIgnoringCase("content-typ", "content-type"));
  EXPECT_FALSE(equalsIgnoringCase("content-type2", "content-type"));
  EXPECT_TRUE(startsWithIgnoringCase("HTTP://h", "http://"));
  EXPECT_TRUE(startsWithIgnoringCase("x", ""));
  EXPECT_FALSE(startsWithIgnoringCase("http:/", "http://"));
}

TEST(TextTest, AnAlphabetHasLettersDigitsAndItsMarks) {
  constexpr Alphabet kNames("-_");
  EXPECT_TRUE(kNames.hasAll("azAZ09-_"));
  EXPECT_TRUE(kNames.hasAll(""));
  for (const char c : std::string_view("\0 @[`{/:\x80\xff", 10)) EXPECT_FALSE(kNames.has(c)) << c;
}

TEST(TextTest, TokensAreTheOnesOfHttp) {
  for (const char* good : {"a", "GET", "x-y_z", "!#$%&'*+-.^_`|~09"}) {
    EXPECT_TRUE(isToken(good)) << good;
  }
  for (const char* bad : {"", "a b", "a:", "a\x01", "\xc3\xa4", "(a)", "a/b", "\"a\"", "a\x7f"}) {
    EXPECT_FALSE(isToken(bad)) << bad;
  }
}

TEST(TextTest, AValueEndsNoLine) {
  for (const char* good : {"", "a b\tc", "\xc3\xa4\xff", "~"}) EXPECT_TRUE(isFieldValue(good));
  for (const char c : std::string_view("\0\n\r\x01\x1f\x7f", 6)) {
    EXPECT_FALSE(isFieldValue(std::string("a") + c + "b")) << static_cast<int>(c);
  }
}

}  // namespace
}  // namespace wagi
