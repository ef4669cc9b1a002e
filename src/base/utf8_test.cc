#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace wagi {
namespace {

using namespace std::string_literals;

TEST(Utf8Test, IsWhatTheStandardSays) {
  for (const std::string& good :
       {""s, "a"s, "\0"s, "\x7f"s, "\u0080\u07ff\u0800\ud7ff\ue000\uffff"s, "\U00010000\U0010ffff"s,
        "data/\u00e9.txt"s}) {
    EXPECT_TRUE(isUtf8(good)) << good;
  }
}

TEST(Utf8Test, IsNothingElse) {
  for (const std::string& bad :
       {"\x80"s, "a\xff"s, "\xc3"s, "\xc3("s, "\xe2\x82"s, "\xf0\x9f\x98"s, "\xf8\x88\x80\x80\x80"s,
        "\xc0\xaf"s,          // '/' in two bytes, which has led out of sandboxes.
        "\xc0\xae\xc0\xae"s,  // ".." likewise.
        "\xe0\x80\xaf"s, "\xf0\x80\x80\xaf"s,
        "\xed\xa0\x80"s,         // A surrogate.
        "\xf4\x90\x80\x80"s}) {  // U+110000.
    EXPECT_FALSE(isUtf8(bad)) << bad;
    EXPECT_FALSE(isUtf8("text " + bad)) << bad;
  }
}

TEST(Utf8Test, SequencesHaveTheirLength) {
  EXPECT_EQ(utf8SequenceLength(""), 0u);
  EXPECT_EQ(utf8SequenceLength("ab"), 1u);
  EXPECT_EQ(utf8SequenceLength("\u00e9x"), 2u);
  EXPECT_EQ(utf8SequenceLength("\u20acx"), 3u);
  EXPECT_EQ(utf8SequenceLength("\U0001f600x"), 4u);
}

}  // namespace
}  // namespace wagi
