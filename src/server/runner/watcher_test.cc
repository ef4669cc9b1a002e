#include "server/runner/watcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <filesystem>
#include <fstream>

#include "base/file.h"

namespace wagi::runner {
namespace {

namespace fs = std::filesystem;

class WatcherTest : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  static void write(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
  }
  // Whether inotify has told of something.
  bool heard() {
    pollfd entry{watcher_.fd(), POLLIN, 0};
    return ::poll(&entry, 1, 0) == 1 && watcher_.read();
  }

  TemporaryDirectory directory_ = TemporaryDirectory::create("wagi-test-").value();
  Watcher watcher_ = Watcher::create().value();
};

TEST_F(WatcherTest, NothingHasChangedAtFirst) {
  write(path("a"), "1");
  EXPECT_TRUE(watcher_.watch({path("a")}).empty());
  EXPECT_FALSE(heard());
  EXPECT_FALSE(watcher_.changed());
}

TEST_F(WatcherTest, SeesAFileThatIsWrittenInPlace) {
  write(path("a"), "1");
  EXPECT_TRUE(watcher_.watch({path("a")}).empty());
  write(path("a"), "22");
  EXPECT_TRUE(heard());
  EXPECT_TRUE(watcher_.changed());
  EXPECT_FALSE(watcher_.changed());
}

TEST_F(WatcherTest, SeesAFileThatIsReplaced) {
  write(path("a"), "1");
  EXPECT_TRUE(watcher_.watch({path("a")}).empty());
  write(path("a.part"), "2");
  fs::rename(path("a.part"), path("a"));
  EXPECT_TRUE(heard());
  EXPECT_TRUE(watcher_.changed());
}

TEST_F(WatcherTest, SeesAFileThatComesAndGoes) {
  EXPECT_TRUE(watcher_.watch({path("a")}).empty());
  write(path("a"), "1");
  EXPECT_TRUE(heard());
  EXPECT_TRUE(watcher_.changed());
  fs::remove(path("a"));
  EXPECT_TRUE(heard());
  EXPECT_TRUE(watcher_.changed());
}

TEST_F(WatcherTest, SeesALinkThatIsPointedElsewhere) {
  fs::create_directory(path("one"));
  fs::create_directory(path("two"));
  write(path("one/a"), "1");
  write(path("two/a"), "2");
  fs::create_symlink("one", path("current"));
  EXPECT_TRUE(watcher_.watch({path("current/a"), path("config")}).empty());
  fs::create_symlink("two", path("next"));
  fs::rename(path("next"), path("current"));
  EXPECT_TRUE(heard());
  EXPECT_TRUE(watcher_.changed());
}

TEST_F(WatcherTest, OtherFilesOfTheDirectoryAreNoChange) {
  write(path("a"), "1");
  EXPECT_TRUE(watcher_.watch({path("a")}).empty());
  write(path("b"), "1");
  EXPECT_TRUE(heard());
  EXPECT_FALSE(watcher_.changed());
}

TEST_F(WatcherTest, ASetReplacesTheOneBefore) {
  fs::create_directory(path("old"));
  write(path("old/a"), "1");
  EXPECT_TRUE(watcher_.watch({path("old/a")}).empty());
  fs::create_directory(path("new"));
  EXPECT_TRUE(watcher_.watch({path("new/a")}).empty());
  std::ignore = watcher_.read();  // Takes the notice that the watch ended.
  write(path("old/a"), "2");
  EXPECT_FALSE(heard());
  EXPECT_FALSE(watcher_.changed());
}

TEST_F(WatcherTest, SaysWhatItCantWatch) {
  EXPECT_THAT(watcher_.watch({"/nonexistent/directory/a"}),
              testing::ElementsAre(testing::HasSubstr("/nonexistent/directory: No such file")));
}

}  // namespace
}  // namespace wagi::runner
