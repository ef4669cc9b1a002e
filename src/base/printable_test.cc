#include "base/printable.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace wagi {
namespace {

TEST(Printable, LeavesTextAsItIs) {
  for (const char* text : {"", "plain", "a \\x1b that was written so", "caf\xc3\xa9 \xc2\xa0",
                           "\xe6\x97\xa5\xe6\x9c\xac", "\xf0\x9f\x98\x80"}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(Printable, ShowsWhatATerminalWouldObey) {
  const std::pair<std::string, const char*> cases[] = {
      {"\x1b[31mred\x7f", "\\x1b[31mred\\x7f"},
      {std::string("a\0b", 3), "a\\x00b"},
      {"a\r\n\tb", "a\\x0d\\n\\tb"},
      {"\xc2\x9b"
       "2J",
       "\\u009b2J"},  // CSI in one character.
      {"\x9b"
       "2J \xc2",
       "\\x9b2J \\xc2"},  // No UTF-8.
      {"\xe2\x80\xae"
       "gnp.exe",
       "\\u202egnp.exe"},                                // A right-to-left override.
      {"\xe2\x81\xa6 \xe2\x81\xa9", "\\u2066 \\u2069"},  // Isolates.
      {"a\xe2\x80\xa8"
       "b\xe2\x80\xa9",
       "a\\u2028b\\u2029"},
      {"a\xe2\x80\x8b\xef\xbb\xbf"
       "b",
       "a\\u200b\\ufeffb"},
      {"\xd8\x9c\xc2\xad", "\\u061c\\u00ad"},
      {"\xf3\xa0\x81\x81", "\\U000e0041"},                    // A tag.
      {"\xed\xa0\x80\xc0\x9b", "\\xed\\xa0\\x80\\xc0\\x9b"},  // A surrogate, an overlong form.
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(printable(text), expected);
    EXPECT_EQ(printable(printable(text)), expected);
  }
}

TEST(Printable, KeepsLinesWhereItIsToldTo) {
  EXPECT_EQ(printable("a\n\tb\r", 100, Lines::kKept), "a\n\tb\\x0d");
}

TEST(Printable, SaysHowMuchItLeavesOut) {
  EXPECT_EQ(printable("abcd", 4), "abcd");
  EXPECT_EQ(printable("abcde", 4), "abcd... (5 bytes)");
  EXPECT_EQ(printable("ab\x1b"
                      "cd",
                      4),
            "ab... (5 bytes)")
      << "an escape stays whole";
  EXPECT_EQ(printable("abc\xc3\xa9", 4), "abc... (5 bytes)") << "a character stays whole";
  EXPECT_EQ(printable(std::string(60'000, 'A')).size(), kQuotedBytesMax + 17);
}

TEST(Printable, EveryHiddenCharacterOfUnicodeIsKnown) {
  for (const char32_t hidden :
       {0x00,   0x1f,   0x7f,   0x80,   0x9f,   0xad,   0x34f,   0x61c,   0x115f,  0x17b4,
        0x180b, 0x180e, 0x200b, 0x200f, 0x2028, 0x202a, 0x202e,  0x2060,  0x2066,  0x206f,
        0x3164, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xfffb, 0x1bca0, 0x1d173, 0xe0001, 0xe0fff}) {
    EXPECT_TRUE(isHidden(hidden)) << static_cast<std::uint32_t>(hidden);
  }
  for (const char32_t shown : {0x20, 0x7e, 0xa0, 0xac, 0xae, 0x2010, 0x2027, 0x202f, 0x205f, 0x2070,
                               0xfffc, 0xfffd, 0x1f600, 0xe1000, 0x10ffff}) {
    EXPECT_FALSE(isHidden(shown)) << static_cast<std::uint32_t>(shown);
  }
}

TEST(PrintableBlock, NoLineOfItPassesForOurs) {
  EXPECT_EQ(printableBlock("panic\nmodules.toml: no mistakes\x1b[A\n"),
            "\n  | panic\n  | modules.toml: no mistakes\\x1b[A");
}

TEST(Shortened, StaysUtf8) {
  EXPECT_EQ(shortened("abc\x1b", 4), "abc\x1b");
  EXPECT_EQ(shortened("abc\xc3\xa9"
                      "d",
                      4),
            "abc... (6 bytes)");
  EXPECT_EQ(shortened("ab\xf0\x9f\x98\x80"
                      "d",
                      5),
            "ab... (7 bytes)");
  EXPECT_EQ(shortened("\xf0\x9f\x98\x80", 2), "... (4 bytes)");
  EXPECT_EQ(shortened("\x80\x80\x80\x80\x80\x80", 5), "\x80\x80... (6 bytes)");
}

TEST(CodePoint, IsDecoded) {
  EXPECT_EQ(codePointOf("a"), U'a');
  EXPECT_EQ(codePointOf("\xc3\xa9"), U'\u00e9');
  EXPECT_EQ(codePointOf("\xe2\x80\xae"), U'\u202e');
  EXPECT_EQ(codePointOf("\xf4\x8f\xbf\xbf"), U'\U0010ffff');
}

}  // namespace
}  // namespace wagi
