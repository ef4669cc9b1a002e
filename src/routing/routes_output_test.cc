#include "routing/routes_output.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wagi::routing {
namespace {

using testing::HasSubstr;

std::string read(std::string_view text, std::string_view parent = "/app/...") {
  const auto routes = parseRoutesOutput(text, Pattern::parse(parent).value());
  if (!routes) return routes.error().message;
  std::string lines;
  for (const auto& [pattern, entrypoint] : *routes) {
    lines += fmt::format("{} {};", pattern.text(), entrypoint);
  }
  return lines;
}

TEST(RoutesOutputTest, LaterLinesAreTriedFirst) {
  EXPECT_EQ(read("/hello hello\n/bye/... bye\n"), "/app/bye/... bye;/app/hello hello;");
}

TEST(RoutesOutputTest, LinesMayBeEmptyOrEndWithCrLf) {
  EXPECT_EQ(read("\r\n/a  one\r\n\n \t\n\t/b two"), "/app/b two;/app/a one;");
}

TEST(RoutesOutputTest, SubpathIsAppendedToTheParent) {
  EXPECT_EQ(read("a f", "/..."), "/a f;");
  EXPECT_EQ(read("/a f", "/"), "/a f;");
  EXPECT_EQ(read("/a f", "/x/"), "/x/a f;");
  EXPECT_EQ(read("/... f", "/x/..."), "/x/... f;");
}

TEST(RoutesOutputTest, NoRouteAtAllFails) {
  EXPECT_EQ(read(""), "_routes printed no route");
  EXPECT_EQ(read("\n\r\n  \n"), "_routes printed no route");
}

TEST(RoutesOutputTest, EveryLineHasTwoWords) {
  EXPECT_EQ(read("/a f\n/b\n"), "_routes printed `/b` in line 2: expected `SUBPATH FUNCTION`");
  EXPECT_EQ(read("/a f g"), "_routes printed `/a f g` in line 1: expected `SUBPATH FUNCTION`");
}

TEST(RoutesOutputTest, SubpathThatMakesNoRouteFails) {
  EXPECT_THAT(read("/a/.../b f"), HasSubstr("line 1, which makes no route under `/app/...`"));
}

TEST(RoutesOutputTest, NonsenseIsQuotedSafely) {
  EXPECT_EQ(read("\x1b[31m\xff\n"),
            "_routes printed `\\x1b[31m\\xff` in line 1: expected `SUBPATH FUNCTION`");
  EXPECT_THAT(read(std::string(1'000, 'x')), HasSubstr("xx... (1000 bytes)` in line 1"));
  EXPECT_LT(read(std::string(1'000, 'x')).size(), 200u);
}

TEST(RoutesOutputTest, EndlessRoutesFail) {
  std::string text;
  for (std::size_t i = 0; i < kSubroutesMax; ++i) text += fmt::format("/{} f\n", i);
  EXPECT_TRUE(parseRoutesOutput(text, Pattern::parse("/").value()));
  EXPECT_EQ(read(text + "/more f\n"), "_routes printed more than 10000 routes");
}

}  // namespace
}  // namespace wagi::routing
