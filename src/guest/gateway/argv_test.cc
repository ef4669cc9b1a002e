#include "guest/gateway/argv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wagi::gateway {
namespace {

std::string mistake(std::string_view text) {
  const auto good = checkArgv(text);
  return good ? "" : good.error().message;
}

TEST(ArgvTest, KnownVariablesAndPlainTextAreFine) {
  for (const char* text : {"", "a b", "x ${SCRIPT_NAME} ${ARGS}", "${ARGS}${ARGS}", "$ {} $x $"}) {
    EXPECT_EQ(mistake(text), "") << text;
  }
}

TEST(ArgvTest, OtherVariablesAreNamed) {
  EXPECT_EQ(mistake("a ${ARG} b"),
            "`argv` has the unknown variable `${ARG}`; there are `${SCRIPT_NAME}` and `${ARGS}`");
  EXPECT_THAT(mistake("${args}"), testing::HasSubstr("unknown variable `${args}`"));
  EXPECT_THAT(mistake("${ARGS} ${}"), testing::HasSubstr("unknown variable `${}`"));
  EXPECT_EQ(mistake("a ${ARGS"), "`argv` has `${ARGS` without its '}'");
}

TEST(ArgvTest, NulIsRefused) {
  EXPECT_EQ(mistake(std::string_view("a\0b", 3)), "`argv` must not contain NUL");
}

}  // namespace
}  // namespace wagi::gateway
