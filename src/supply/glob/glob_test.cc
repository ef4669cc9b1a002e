#include "supply/glob/glob.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "supply/glob/name.h"

namespace wagi::glob {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

Glob parsed(std::string_view text, Hidden hidden = Hidden::kByNameOnly) {
  auto glob = Glob::parse(text, hidden);
  EXPECT_TRUE(glob) << glob.error().message;
  return *std::move(glob);
}

bool matches(std::string_view pattern, std::string_view path, Hidden hidden = Hidden::kByNameOnly) {
  return parsed(pattern, hidden).matches(path);
}

std::string mistake(std::string_view text) {
  const auto glob = Glob::parse(text, Hidden::kByNameOnly);
  return glob ? "none" : glob.error().message;
}

TEST(GlobTest, WildcardsInAName) {
  EXPECT_TRUE(matches("a.png", "a.png"));
  EXPECT_FALSE(matches("a.png", "b.png"));
  EXPECT_TRUE(matches("*.png", "a.png"));
  EXPECT_TRUE(matches("*", "a"));
  EXPECT_FALSE(matches("*.png", "a.pngx"));
  EXPECT_TRUE(matches("a*b*c", "axxbxbxc"));
  EXPECT_FALSE(matches("a*b*c", "axxbxbx"));
  EXPECT_TRUE(matches("?", "\u00e9"));
  EXPECT_TRUE(matches("?", "\xff"));
  EXPECT_FALSE(matches("?", "ab"));
  EXPECT_TRUE(matches("a\\b", "a\\b"));
}

TEST(GlobTest, Classes) {
  EXPECT_TRUE(matches("[abc]", "b"));
  EXPECT_FALSE(matches("[abc]", "d"));
  EXPECT_TRUE(matches("[a-c]x", "bx"));
  EXPECT_FALSE(matches("[!a-c]", "b"));
  EXPECT_TRUE(matches("[!a-c]", "d"));
  EXPECT_TRUE(matches("[]]", "]"));
  EXPECT_TRUE(matches("[!]]", "a"));
  EXPECT_FALSE(matches("[!]]", "]"));
  EXPECT_TRUE(matches("[*]", "*"));
  EXPECT_FALSE(matches("[*]", "a"));
  EXPECT_TRUE(matches("[a-]", "-"));
  EXPECT_TRUE(matches("[\u00e0-\u00ff]", "\u00e9"));
  EXPECT_FALSE(matches("[a]", ""));
}

TEST(GlobTest, PartsStayInTheirFolders) {
  EXPECT_FALSE(matches("*", "a/b"));
  EXPECT_TRUE(matches("*/*", "a/b"));
  EXPECT_FALSE(matches("*/*", "a/b/c"));
  EXPECT_TRUE(matches("./a//b/", "a/b"));
}

TEST(GlobTest, TwoStarsAreAnyNumberOfFolders) {
  for (const char* path : {"x.js", "a/x.js", "a/b/x.js"}) EXPECT_TRUE(matches("**/*.js", path));
  for (const char* path : {"a/x", "a/b/x"}) EXPECT_TRUE(matches("a/**", path)) << path;
  EXPECT_FALSE(matches("a/**", "a"));
  EXPECT_FALSE(matches("a/**", "b/x"));
  EXPECT_TRUE(matches("**", "x"));
  EXPECT_TRUE(matches("**/**/**", "a/b"));
  EXPECT_TRUE(matches("a/**/b", "a/b"));
  EXPECT_TRUE(matches("a/**/b", "a/x/y/b"));
  EXPECT_FALSE(matches("a/**/b", "a/x/y/c"));
  EXPECT_TRUE(matches("**/a/**/a/**", "a/b/a/c"));
  EXPECT_FALSE(matches("**/a/**/a/**", "a/b/a"));
}

TEST(GlobTest, HiddenNamesMustBeNamed) {
  for (const char* pattern : {"*", "**", "?env", "[.]env", "**/.env/x"}) {
    EXPECT_FALSE(matches(pattern, ".env")) << pattern;
  }
  EXPECT_FALSE(matches("**", ".git/config"));
  EXPECT_FALSE(matches("**/config", ".git/config"));
  EXPECT_TRUE(matches(".env", ".env"));
  EXPECT_TRUE(matches("**/.env", "a/.env"));
  EXPECT_TRUE(matches(".git/**", ".git/config"));
  EXPECT_TRUE(matches(".*", ".env"));
  EXPECT_TRUE(matches("**", ".git/config", Hidden::kAsOthers));
  EXPECT_TRUE(matches("*", ".env", Hidden::kAsOthers));
}

TEST(GlobTest, WhatLeavesTheFolderIsAMistake) {
  EXPECT_THAT(mistake("/etc/passwd"), HasSubstr("absolute"));
  for (const char* pattern : {"..", "../x", "a/../../x", "**/..", "./.."}) {
    EXPECT_THAT(mistake(pattern), HasSubstr("leaves the folder, by `..`")) << pattern;
  }
  EXPECT_TRUE(matches("..a/...", "..a/..."));
}

TEST(GlobTest, Mistakes) {
  EXPECT_THAT(mistake(""), HasSubstr("names no file"));
  EXPECT_THAT(mistake("a\0b"s), HasSubstr("NUL"));
  EXPECT_THAT(mistake("./."), HasSubstr("names no file"));
  EXPECT_THAT(mistake("a**"), HasSubstr("`**` must stand alone"));
  EXPECT_THAT(mistake("***"), HasSubstr("`**` must stand alone"));
  EXPECT_EQ(mistake("x[a"), "the pattern `x[a`: `[a` has no `]`");
  EXPECT_THAT(mistake("[]"), HasSubstr("has no `]`"));
  EXPECT_THAT(mistake("[!]"), HasSubstr("has no `]`"));
  EXPECT_THAT(mistake("[a/b]"), HasSubstr("has no `]`"));
  EXPECT_THAT(mistake(std::string(kPatternBytesMax + 1, 'a')), HasSubstr("longer than 4096 bytes"));
  std::string parts = "a";
  for (std::size_t i = 0; i < kPatternPartsMax; ++i) parts += "/a";
  EXPECT_THAT(mistake(parts), HasSubstr("more than 64 parts"));
}

TEST(GlobTest, PathsAreNormal) {
  EXPECT_EQ(normalPath("./a//b*/./c/").value(), "a/b*/c");
  EXPECT_THAT(normalPath("a/../b").error().message, HasSubstr("`..`"));
  EXPECT_THAT(normalPath("/a").error().message, HasSubstr("absolute"));
  EXPECT_THAT(normalPath("a\0"s).error().message, HasSubstr("NUL"));
  EXPECT_THAT(normalPath("./").error().message, HasSubstr("names no file"));
}

TEST(GlobTest, LiteralsHaveNoWildcard) {
  EXPECT_EQ(parsed("./a//b.png").literal(), "a/b.png");
  for (const char* pattern : {"*", "a/?", "[a]/b", "**/x"}) {
    EXPECT_EQ(parsed(pattern).literal(), std::nullopt) << pattern;
  }
}

// Matches by the plain definition, in exponential time: the reference for matchesName().
bool matchesSlowly(std::string_view part, std::string_view name) {
  if (part.empty()) return name.empty();
  if (part[0] == '*') {
    return matchesSlowly(part.substr(1), name) ||
           (!name.empty() && matchesSlowly(part, name.substr(1)));
  }
  if (name.empty()) return false;
  if (part.starts_with("[ab]")) {
    return (name[0] == 'a' || name[0] == 'b') && matchesSlowly(part.substr(4), name.substr(1));
  }
  if (part[0] != '?' && part[0] != name[0]) return false;
  return matchesSlowly(part.substr(1), name.substr(1));
}

TEST(GlobTest, AnyNameMatchesAsByDefinition) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::vector<std::string> pieces = {"*", "?", "[ab]", "a", "b", "c"};
  int matched = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string part;
    std::string name;
    for (auto left = random() % 6; left > 0; --left) part += pieces[random() % pieces.size()];
    for (auto left = random() % 6; left > 0; --left) name += static_cast<char>('a' + random() % 3);
    if (mistakeIn(part)) continue;
    const bool same = matchesName(part, name);
    ASSERT_EQ(same, matchesSlowly(part, name)) << part << " " << name;
    matched += same ? 1 : 0;
  }
  EXPECT_GT(matched, 100);
}

// Trying every way to match would take years.
TEST(GlobTest, TimeIsBounded) {
  std::string part;
  for (int i = 0; i < 500; ++i) part += "*a";
  EXPECT_FALSE(matchesName(part + "b", std::string(3'000, 'a')));
  std::string folders;
  std::string path;
  for (int i = 0; i < 30; ++i) folders += "**/a/";
  for (int i = 0; i < 1'000; ++i) path += "a/";
  EXPECT_FALSE(matches(folders + "b", path + "c"));
}

}  // namespace
}  // namespace wagi::glob
