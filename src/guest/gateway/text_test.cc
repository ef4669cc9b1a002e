#include "guest/gateway/text.h"

#include <gtest/gtest.h>

namespace wagi::gateway {
namespace {

using namespace std::string_literals;

std::string text(std::string_view in) {
  std::string out = "<";
  appendText(in, out);
  return out;
}

std::string decoded(std::string_view in) {
  std::string out = "<";
  appendDecoded(in, out);
  return out;
}

TEST(TextTest, Utf8StaysAsItIs) {
  for (const std::string& in : {""s, "a"s, "/path/of/some/length?x=1"s, "\x7f\x01"s, "é€😀"s,
                                "\xf4\x8f\xbf\xbf"s, "\xed\x9f\xbf"s}) {
    EXPECT_EQ(text(in), "<" + in);
  }
}

TEST(TextTest, NulIsWrittenAsItsEscape) {
  EXPECT_EQ(text("a\0b"s), "<a%00b");
  EXPECT_EQ(text("\0"s), "<%00");
  EXPECT_EQ(text("12345678\0"s), "<12345678%00");
  EXPECT_EQ(text("\0"
                 "2345678"s),
            "<%002345678");
}

TEST(TextTest, WhatIsNotUtf8IsReplaced) {
  EXPECT_EQ(text("a\xff"
                 "b"),
            "<a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(text("12345678\xc3"), "<12345678\xef\xbf\xbd");
  for (const char* two : {"\xc0\xaf", "\xc1\xbf", "\x80\x80", "\xe2\x82", "\xfe\xff"}) {
    EXPECT_EQ(text(two), "<\xef\xbf\xbd\xef\xbf\xbd") << two;
  }
  for (const char* three : {"\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x9f\x98"}) {
    EXPECT_EQ(text(three), "<\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") << three;
  }
  for (const char* four : {"\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80"}) {
    EXPECT_EQ(text(four), "<\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") << four;
  }
}

TEST(TextTest, WhatIsNotUtf8OfATargetIsPercentEncoded) {
  const auto target = [](std::string_view in) {
    std::string out = "<";
    appendTarget(in, out);
    return out;
  };
  EXPECT_EQ(target("/a%ff?x=é"), "</a%ff?x=é");
  EXPECT_EQ(target("/\xff\xc3\xa9\xc3"), "</%FF\xc3\xa9%C3");
  EXPECT_EQ(target("12345678\xed\xa0\x80"), "<12345678%ED%A0%80");
  EXPECT_EQ(target("\0\x80"s), "<%00%80");
}

TEST(TextTest, EscapesAreDecodedOnce) {
  EXPECT_EQ(decoded("/test%3brun"), "</test;run");
  EXPECT_EQ(decoded("%2F%2f%41"), "<//A");
  EXPECT_EQ(decoded("%253b"), "<%3b");
  EXPECT_EQ(decoded("%c3%a9"), "<é");
  EXPECT_EQ(decoded("a+b"), "<a+b");
}

TEST(TextTest, WhatIsNoEscapeStays) {
  EXPECT_EQ(decoded("%"), "<%");
  EXPECT_EQ(decoded("%4"), "<%4");
  EXPECT_EQ(decoded("100%zz%4x%x4"), "<100%zz%4x%x4");
  EXPECT_EQ(decoded("%%41"), "<%A");
}

TEST(TextTest, DecodedNulStaysEscaped) {
  EXPECT_EQ(decoded("/a%00b"), "</a%00b");
  EXPECT_EQ(decoded("/a%2500b"), "</a%00b");
}

TEST(TextTest, DecodedBytesThatAreNotUtf8AreReplaced) {
  EXPECT_EQ(decoded("/a%ffb"),
            "</a\xef\xbf\xbd"
            "b");
}

TEST(TextTest, VisibleIsAsciiWithBlanks) {
  for (const char* good :
       {"", "a", "text/html; charset=utf-8", "\t a \t", "~~~~~~~~", "12345678\t"}) {
    EXPECT_TRUE(isVisible(good)) << good;
  }
  for (const std::string& bad :
       {"\0"s, "a\x7f"s, "12345678\x7f"s, "é"s, "\x1f"s, "1234567\n"s, "\x80"s, "12345678\x01"s}) {
    EXPECT_FALSE(isVisible(bad)) << bad;
  }
}

// isVisible() checks eight bytes at once, so each byte is tried at each place in a word.
TEST(TextTest, VisibleIsDecidedForEachByte) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t at = 0; at < 17; ++at) {
      std::string in(17, 'x');
      in[at] = static_cast<char>(byte);
      EXPECT_EQ(isVisible(in), byte == '\t' || (byte >= 0x20 && byte < 0x7f)) << byte << " " << at;
    }
  }
}

}  // namespace
}  // namespace wagi::gateway
