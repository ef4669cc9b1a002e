#include "guest/gateway/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace wagi::gateway {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> arguments(std::string_view path, std::optional<std::string_view> query,
                                   const std::optional<std::string>& argv = std::nullopt) {
  RequestHead head;
  head.path = path;
  head.query = query;
  Block block;
  block.add("left over");
  buildArguments(argv, head, block);
  std::vector<std::string> list;
  for (std::string_view rest = block.bytes; !rest.empty();) {
    list.emplace_back(rest.substr(0, rest.find('\0')));
    rest.remove_prefix(list.back().size() + 1);
  }
  EXPECT_EQ(list.size(), block.count);
  return list;
}

TEST(ArgumentsTest, DefaultIsPathAndPiecesOfTheQuery) {
  EXPECT_THAT(arguments("/a", std::nullopt), ElementsAre("/a"));
  EXPECT_THAT(arguments("/a", ""), ElementsAre("/a", ""));
  EXPECT_THAT(arguments("/a%20b", "x=1&y=%20&z"), ElementsAre("/a%20b", "x=1", "y=%20", "z"));
  EXPECT_THAT(arguments("/a", "&x&&"), ElementsAre("/a", "", "x", "", ""));
  EXPECT_THAT(arguments("/a", "x+y"), ElementsAre("/a", "x+y"));
}

TEST(ArgumentsTest, TemplateIsExpandedThenSplit) {
  EXPECT_THAT(arguments("/a", "x=1&y", "calc ${SCRIPT_NAME} --  ${ARGS}\t-v"),
              ElementsAre("calc", "/a", "--", "x=1", "y", "-v"));
  EXPECT_THAT(arguments("/a", "x&y", "q=${ARGS}${ARGS}"), ElementsAre("q=x", "yx", "y"));
  EXPECT_THAT(arguments("/a", "", "${ARGS} ${ARGS}"), IsEmpty());
  EXPECT_THAT(arguments("/a", std::nullopt, "${ARGS} ${ARGS}"), IsEmpty());
  EXPECT_THAT(arguments("/a", std::nullopt, ""), IsEmpty());
}

TEST(ArgumentsTest, WhatAClientSendsIsNoVariable) {
  EXPECT_THAT(arguments("/${ARGS}", "${SCRIPT_NAME}", "${SCRIPT_NAME} ${ARGS}"),
              ElementsAre("/${ARGS}", "${SCRIPT_NAME}"));
}

TEST(ArgumentsTest, BytesThatAreNotUtf8ArePercentEncoded) {
  EXPECT_THAT(arguments("/\xff", "\xc3&\xc3\xa9"), ElementsAre("/%FF", "%C3", "\xc3\xa9"));
  EXPECT_THAT(arguments("/\xff", "\x80", "${SCRIPT_NAME} ${ARGS}"), ElementsAre("/%FF", "%80"));
}

TEST(ArgumentsTest, NulCannotCutAnArgument) {
  EXPECT_THAT(arguments("/a", std::string_view("x\0y&z", 5)), ElementsAre("/a", "x%00y", "z"));
  EXPECT_THAT(arguments("/a", std::string_view("x\0y", 3), "${ARGS}"), ElementsAre("x%00y"));
}

}  // namespace
}  // namespace wagi::gateway
