#include "routing/pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wagi::routing {
namespace {

using testing::HasSubstr;

Pattern pattern(std::string_view text) {
  auto parsed = Pattern::parse(text);
  EXPECT_TRUE(parsed) << text;
  return std::move(parsed).value();
}

TEST(PatternTest, ExactMatchesItselfOnly) {
  const Pattern p = pattern("/path");
  EXPECT_FALSE(p.isPrefix());
  EXPECT_TRUE(p.matches("/path"));
  for (const char* path : {"", "/", "/pat", "/path/", "/path/x", "/pathx", "/PATH", "*"}) {
    EXPECT_FALSE(p.matches(path)) << path;
  }
  EXPECT_EQ(p.remainder("/path"), "");
  EXPECT_EQ(p.scriptName(), "/path");
}

TEST(PatternTest, PrefixMatchesItselfAndWhatIsBelow) {
  const Pattern p = pattern("/path/...");
  EXPECT_TRUE(p.isPrefix());
  EXPECT_EQ(p.text(), "/path/...");
  EXPECT_EQ(p.scriptName(), "/path");
  EXPECT_EQ(p.remainder("/path"), "");
  EXPECT_EQ(p.remainder("/path/"), "/");
  EXPECT_EQ(p.remainder("/path/x/y"), "/x/y");
  for (const char* path : {"/pathx", "/pat", "/", "", "*"}) EXPECT_FALSE(p.matches(path)) << path;
}

TEST(PatternTest, RestMatchesEveryPath) {
  const Pattern p = pattern("/...");
  EXPECT_EQ(p.base(), "");
  EXPECT_EQ(p.scriptName(), "/");
  EXPECT_EQ(p.remainder("/"), "/");
  EXPECT_EQ(p.remainder("/a/b"), "/a/b");
  EXPECT_FALSE(p.matches("*"));  // Not a path.
  EXPECT_FALSE(p.matches(""));
}

TEST(PatternTest, RootIsExact) {
  const Pattern p = pattern("/");
  EXPECT_TRUE(p.matches("/"));
  EXPECT_FALSE(p.matches("/a"));
  EXPECT_EQ(p.scriptName(), "/");
}

TEST(PatternTest, MistakesAreExplained) {
  const auto message = [](std::string_view text) {
    const auto parsed = Pattern::parse(text);
    return parsed ? "no mistake" : parsed.error().message;
  };
  EXPECT_EQ(message("path"), "the route `path` must begin with '/'");
  EXPECT_THAT(message(""), HasSubstr("must begin with '/'"));
  for (const char* text : {"/a/.../b", "/a...", "/.../...", "/a/....", "/...a"}) {
    EXPECT_THAT(message(text), HasSubstr("must be the last segment")) << text;
  }
  EXPECT_THAT(message("/a\nb"), HasSubstr("control characters"));
  EXPECT_THAT(message(std::string_view("/a\0b", 4)), HasSubstr("control characters"));
}

TEST(PatternTest, AppendPutsOneSlashBetween) {
  EXPECT_EQ(pattern("/a/...").append("/b")->text(), "/a/b");
  EXPECT_EQ(pattern("/a/...").append("b")->text(), "/a/b");
  EXPECT_EQ(pattern("/a/").append("/b/...")->text(), "/a/b/...");
  EXPECT_EQ(pattern("/a").append("/b")->text(), "/a/b");
  EXPECT_EQ(pattern("/...").append("/b")->text(), "/b");
  EXPECT_EQ(pattern("/").append("/")->text(), "/");
  EXPECT_EQ(pattern("/a/...").append("//b")->text(), "/a/b");
  EXPECT_FALSE(pattern("/a").append("/.../b"));
}

}  // namespace
}  // namespace wagi::routing
