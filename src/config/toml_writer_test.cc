#include "config/toml_writer.h"

#include <gtest/gtest.h>

#include "config/toml_reader.h"

namespace wagi::config {
namespace {

using namespace std::string_literals;

// The string that is read back from `key = VALUE`.
std::string readBack(const std::string& value) {
  const std::string file = "t.toml";
  Mistakes mistakes(file);
  const auto table = parseToml("key = " + value, mistakes);
  return table ? TableReader(*table, "t", mistakes).string("key").value_or("no string")
               : "no TOML: " + value;
}

TEST(TomlWriterTest, StringsReadBackTheSame) {
  for (const std::string& text : {""s, "a b"s, "\"\\"s, "\n\t\r\x01\x1f\x7f"s, "'''"s, "\"\"\""s,
                                  "# = ]"s, "é€😀"s, "\\u"s}) {
    EXPECT_EQ(readBack(tomlString(text)), text);
  }
  EXPECT_EQ(tomlString("a\n\t\r\x01\x7f\"\\"), R"("a\n\t\u000D\u0001\u007F\"\\")");
}

TEST(TomlWriterTest, WhatIsNotUtf8IsReplaced) {
  EXPECT_EQ(tomlString("a\xff\xc3\"\\\x01\x7f\xc3\xa4"),
            "\"a\xEF\xBF\xBD\xEF\xBF\xBD\\\"\\\\\\u0001\\u007F\xc3\xa4\"");
  EXPECT_EQ(tomlString("\xed\xa0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(TomlWriterTest, KeysAreQuotedWhereTheyNeedIt) {
  for (const char* bare : {"a", "A-Z_09", "1"}) EXPECT_EQ(tomlKey(bare), bare);
  EXPECT_EQ(tomlKey(""), "\"\"");
  EXPECT_EQ(tomlKey("a.b"), "\"a.b\"");
  EXPECT_EQ(tomlKey("a b\n"), "\"a b\\n\"");
  EXPECT_EQ(tomlKey("é"), "\"é\"");
}

TEST(TomlWriterTest, ListsAreOnOneLine) {
  EXPECT_EQ(tomlStrings({}), "[]");
  EXPECT_EQ(tomlStrings({"a", "\""}), R"(["a", "\""])");
}

TEST(TomlWriterTest, TablesHaveAnEmptyLineBeforeThem) {
  TomlWriter writer;
  writer.tableOfList("a");
  writer.string("b", "c");
  writer.number("d e", 1);
  writer.table("a.f");
  writer.raw("g", "true");
  EXPECT_EQ(writer.take(), "[[a]]\nb = \"c\"\n\"d e\" = 1\n\n[a.f]\ng = true\n");
}

}  // namespace
}  // namespace wagi::config
