#include "base/percent.h"

#include <gtest/gtest.h>

#include <string>

namespace wagi {
namespace {

TEST(Percent, EncodesWhatIsntUnreserved) {
  EXPECT_EQ(encodePercent("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(encodePercent(">=1 &+\xc3\xa4"), "%3E%3D1%20%26%2B%C3%A4");
  EXPECT_EQ(encodePercent("a/b c", "/"), "a/b%20c");
}

TEST(Percent, DecodesWhatItEncoded) {
  const std::string text = "k\xc3\xa4se/b c+d@e?f%";
  EXPECT_EQ(decodePercent(encodePercent(text)), text);
  EXPECT_EQ(decodePercent("%41%6a+"), "Aj+");
}

TEST(Percent, RefusesAPercentSignWithoutDigits) {
  for (const char* text : {"%", "a%4", "%zz", "%4g", "%%20"}) {
    EXPECT_FALSE(decodePercent(text)) << text;
  }
  EXPECT_EQ(decodePercentLeniently("%zz%41%4"), "%zzA%4");
  for (const char* text : {"%", "%4", "100%zz%4x%x4"}) {
    EXPECT_EQ(decodePercentLeniently(text), text);
  }
  EXPECT_EQ(decodePercentLeniently("%%41"), "%A");
}

TEST(Percent, DecodesOnce) {
  EXPECT_EQ(decodePercentLeniently("/test%3brun"), "/test;run");
  EXPECT_EQ(decodePercentLeniently("%2F%2f%41"), "//A");
  EXPECT_EQ(decodePercentLeniently("%253b"), "%3b");
  EXPECT_EQ(decodePercentLeniently("%c3%a9a+b"),
            "\xc3\xa9"
            "a+b");
  EXPECT_EQ(decodePercentLeniently("a%00b"), std::string_view("a\0b", 3));
}

TEST(Percent, KnowsWhatIsEscapedWell) {
  for (const char* text : {"", "a", "%41", "a%2fb%2F", "%25%25"}) EXPECT_TRUE(isEscapedWell(text));
  for (const char* text : {"%", "%4", "a%", "%41%", "%4g", "%g4", "%%41"}) {
    EXPECT_FALSE(isEscapedWell(text)) << text;
  }
}

}  // namespace
}  // namespace wagi
