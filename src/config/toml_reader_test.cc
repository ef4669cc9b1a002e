#include "config/toml_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace wagi::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

// The mistakes that `read` finds in a table.
std::string mistakes(const std::string& toml, const std::function<void(TableReader&)>& read) {
  const std::string file = "t.toml";
  Mistakes mistakes(file);
  const auto table = parseToml(toml, mistakes);
  if (table) {
    TableReader reader(*table, "[t]", mistakes);
    read(reader);
  }
  return text(mistakes.take());
}

TEST(TomlReaderTest, TablesOfAnySort) {
  const auto read = [](TableReader& reader) {
    EXPECT_EQ(reader.table("t")->size(), 1u);
    EXPECT_EQ(reader.tables("l").size(), 2u);
    EXPECT_EQ(reader.tables("l", 2).size(), 2u);
    EXPECT_THAT(reader.texts("t"), ElementsAre(Pair("a", "1")));
    EXPECT_THAT(reader.strings("s"), ElementsAre("x", "y"));
    EXPECT_THAT(reader.variables("t"), ElementsAre(Pair("a", "1")));
    EXPECT_EQ(reader.list("s", "a list")->size(), 2u);
  };
  EXPECT_EQ(mistakes("t = {a = \"1\"}\nl = [{}, {}]\ns = [\"x\", \"y\"]\n", read), "");
}

TEST(TomlReaderTest, WhatIsAbsentIsNoMistake) {
  const auto read = [](TableReader& reader) {
    EXPECT_EQ(reader.table("x"), nullptr);
    EXPECT_EQ(reader.list("x", "a list"), nullptr);
    EXPECT_THAT(reader.tables("x"), IsEmpty());
    EXPECT_THAT(reader.texts("x"), IsEmpty());
    EXPECT_THAT(reader.strings("x"), IsEmpty());
    EXPECT_THAT(reader.variables("x"), IsEmpty());
  };
  EXPECT_EQ(mistakes("a = 1\n", read), "");
}

TEST(TomlReaderTest, MistakesHaveTheirPlace) {
  const auto reads = [](auto member, auto... more) {
    return [=](TableReader& reader) { std::ignore = (reader.*member)("k", more...); };
  };
  EXPECT_EQ(mistakes("k = 1\n", reads(&TableReader::table, "a table, such as {}")),
            "t.toml:1:5: `k`: expected a table, such as {}, found an integer");
  const auto tables = reads(&TableReader::tables, 2);
  EXPECT_EQ(mistakes("k = {}\n", tables),
            "t.toml:1:5: `k`: expected a list of tables, found a table");
  EXPECT_EQ(mistakes("k = [1, {}]\n", tables),
            "t.toml:1:6: `k`: expected a table, found an integer");
  EXPECT_EQ(mistakes("k = [{}, {}, {}]\n", tables), "t.toml:1:5: `k`: at most 2 are possible");
  EXPECT_EQ(mistakes("k = [\"a\", 2]\n", reads(&TableReader::strings)),
            "t.toml:1:11: `k`: expected a string, found an integer");
  EXPECT_EQ(mistakes("k = {a = 1}\n", reads(&TableReader::texts)),
            "t.toml:1:10: `k.a`: expected a string, found an integer");
  EXPECT_EQ(mistakes("k = {a = \"\\u0000\"}\n", reads(&TableReader::texts)),
            "t.toml:1:10: `k.a` must not contain NUL");
  EXPECT_EQ(mistakes("k = {\"\" = \"\"}\n", reads(&TableReader::variables)).substr(0, 17),
            "t.toml:1:6: `k`: ");
}

}  // namespace
}  // namespace wagi::config
