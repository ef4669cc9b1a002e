#include "supply/glob/folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/file.h"

namespace wagi::glob {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FolderTest : public testing::Test {
 protected:
  void put(const std::string& name, const std::string& text = "x") const {
    fs::create_directories((root() / name).parent_path());
    std::ofstream(root() / name) << text;
  }
  void link(const std::string& target, const std::string& name) const {
    fs::create_directories((root() / name).parent_path());
    fs::create_symlink(target, root() / name);
  }
  fs::path root() const { return outside() / "project"; }
  fs::path outside() const { return directory_.path(); }

  Result<Found> find(const std::string& pattern, Limits limits = {},
                     Hidden hidden = Hidden::kByNameOnly) const {
    return Folder::open(root()).value().find(Glob::parse(pattern, hidden).value(), limits);
  }
  std::vector<std::string> files(const std::string& pattern) const {
    const auto found = find(pattern);
    EXPECT_TRUE(found) << found.error().message;
    return found ? found->files : std::vector<std::string>{};
  }
  std::string mistake(const std::string& pattern, const Limits& limits = {}) const {
    const auto found = find(pattern, limits);
    return found ? "none" : found.error().message;
  }

 private:
  TemporaryDirectory directory_ = TemporaryDirectory::create("wagi-test-").value();
};

TEST_F(FolderTest, FindsFilesInOrder) {
  for (const char* name : {"b.png", "a.png", "c.txt", "x/d.png", "x/y/e.png", ".h.png"}) put(name);
  EXPECT_THAT(files("*.png"), ElementsAre("a.png", "b.png"));
  EXPECT_THAT(files("**/*.png"), ElementsAre("a.png", "b.png", "x/d.png", "x/y/e.png"));
  EXPECT_THAT(files("x/**"), ElementsAre("x/d.png", "x/y/e.png"));
  EXPECT_THAT(files("x/y/e.png"), ElementsAre("x/y/e.png"));
  EXPECT_THAT(files(".h.png"), ElementsAre(".h.png"));
  EXPECT_THAT(files("*"), ElementsAre("a.png", "b.png", "c.txt"));
  for (const char* none : {"*.gif", "none.png", "none/*", "x", "a.png/b"}) {
    EXPECT_THAT(files(none), IsEmpty()) << none;
  }
}

TEST_F(FolderTest, ListsOnlyFoldersThatMayMatch) {
  for (const char* name : {"a/b/c", "a/d/e", "f/g"}) put(name);
  EXPECT_THAT(find("a/*/c")->folders, ElementsAre(".", "a", "a/b", "a/d"));
  EXPECT_THAT(find("*")->folders, ElementsAre("."));
  EXPECT_THAT(find("a/b/c")->folders, IsEmpty());
}

TEST_F(FolderTest, LinksWithinTheFolderAreFollowed) {
  put("a/real.txt");
  link("real.txt", "a/link.txt");
  link("a", "b");
  EXPECT_THAT(files("a/*.txt"), ElementsAre("a/link.txt", "a/real.txt"));
  EXPECT_THAT(files("*/*.txt"),
              ElementsAre("a/link.txt", "a/real.txt", "b/link.txt", "b/real.txt"));
  EXPECT_THAT(files("b/real.txt"), ElementsAre("b/real.txt"));
  // If "**" passed through links, one to a folder above it would be walked without end.
  link(".", "a/again");
  EXPECT_THAT(files("**/*.txt"), ElementsAre("a/link.txt", "a/real.txt"));
}

TEST_F(FolderTest, LinksOutOfTheFolderAreMistakes) {
  put("good.txt");
  std::ofstream(outside() / "secret.txt") << "secret";
  link("../../secret.txt", "a/link.txt");
  link((outside() / "secret.txt").string(), "b/link.txt");
  link("..", "c/up");
  link("../..", "c/out");
  EXPECT_THAT(files("*.txt"), ElementsAre("good.txt"));
  for (const char* pattern : {"b/link.txt", "b/*", "**/*.txt", "**", "c/out/secret.txt", "c/*/*",
                              "c/out/project/good.txt"}) {
    EXPECT_THAT(mistake(pattern), HasSubstr("leaves the folder")) << pattern;
  }
  EXPECT_THAT(files("c/up/*.txt"), ElementsAre("c/up/good.txt"));
  const auto folder = Folder::open(root()).value();
  for (const char* name : {"b/link.txt", "c/out/secret.txt", "../secret.txt", "/etc/passwd"}) {
    const auto read = folder.read(name, 100);
    ASSERT_FALSE(read) << name;
    EXPECT_THAT(read.error().message, HasSubstr("leaves the folder")) << name;
  }
}

TEST_F(FolderTest, WhatIsNoFileIsAMistakeWhereItMatches) {
  put("good.txt");
  link("nothing", "a/dangling");
  link("loop", "a/loop");
  ASSERT_EQ(::mkfifo((root() / "fifo").c_str(), 0600), 0);
  put("bad/\xff.txt");
  EXPECT_THAT(files("*.txt"), ElementsAre("good.txt"));
  EXPECT_THAT(mistake("a/d*"), HasSubstr("symbolic link to nothing"));
  EXPECT_THAT(mistake("a/l*"), HasSubstr("Too many levels of symbolic links"));
  EXPECT_THAT(mistake("f*"), HasSubstr("isn't a regular file"));
  EXPECT_THAT(mistake("fifo"), HasSubstr("neither a file nor a folder"));
  EXPECT_THAT(mistake("bad/*"), HasSubstr("isn't UTF-8"));
}

TEST_F(FolderTest, LimitsHold) {
  for (int i = 0; i < 10; ++i) put("a/" + std::to_string(i));
  put("b/c/d/e/f");
  EXPECT_EQ(mistake("a/*", {.files_max = 10}), "none");
  EXPECT_THAT(mistake("a/*", {.files_max = 9}), HasSubstr("matches more than 9 files"));
  EXPECT_THAT(mistake("a/1?", {.entries_max = 9}), HasSubstr("too many files and folders in"));
  Limits limits{.entries_max = 25};
  const auto folder = Folder::open(root()).value();
  const auto glob = Glob::parse("a/*", Hidden::kByNameOnly).value();
  EXPECT_TRUE(folder.find(glob, limits));
  EXPECT_TRUE(folder.find(glob, limits));
  EXPECT_FALSE(folder.find(glob, limits));
  EXPECT_EQ(mistake("a/1", {.entries_max = 0}), "none");
  EXPECT_EQ(mistake("b/**", {.depth_max = 5}), "none");
  EXPECT_THAT(mistake("b/**", {.depth_max = 3}), HasSubstr("more than 3 folders deep"));
}

TEST_F(FolderTest, ReadsAndKnowsKinds) {
  put("a/b", "text");
  const auto folder = Folder::open(root()).value();
  EXPECT_EQ(folder.read("a/b", 4).value(), "text");
  EXPECT_THAT(folder.read("a/b", 3).error().message, HasSubstr("over the limit of 3"));
  EXPECT_THAT(folder.read("none", 3).error().message, HasSubstr("No such file"));
  EXPECT_EQ(folder.kindOf("a").value(), Folder::Kind::kFolder);
  EXPECT_EQ(folder.kindOf("a/b").value(), Folder::Kind::kFile);
  EXPECT_EQ(folder.kindOf("a/b/c").value(), Folder::Kind::kNothing);
  EXPECT_EQ(folder.kindOf("c").value(), Folder::Kind::kNothing);
  EXPECT_THAT(Folder::open(root() / "a/b").error().message, HasSubstr("Not a directory"));
}

}  // namespace
}  // namespace wagi::glob
