#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>

namespace wagi {
namespace {

using testing::HasSubstr;

class FileTest : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  TemporaryDirectory directory_ = TemporaryDirectory::create("wagi-test-").value();
};

TEST_F(FileTest, ReadsEverything) {
  const std::string bytes("a\0b", 3);
  std::ofstream(path("file")) << bytes;
  EXPECT_EQ(readFile(path("file"), 3).value(), bytes);
}

TEST_F(FileTest, ReadsWhatIsLongerThanItsStatedSize) {
  // The kernel states a size of 0 for a file of /proc, whose content it makes as it is read.
  EXPECT_THAT(readFile("/proc/self/status", 1 << 20).value(), HasSubstr("Pid:"));
}

TEST_F(FileTest, SaysWhyItCant) {
  std::ofstream(path("file")) << "four";
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_THAT(readFile(path("none"), 9).error().message, HasSubstr("No such file"));
  EXPECT_THAT(readFile(path("file"), 3).error().message, HasSubstr("over the limit of 3"));
  EXPECT_THAT(readFile(directory_.path(), 9).error().message, HasSubstr("is a directory"));
  EXPECT_THAT(readFile(path("fifo"), 9).error().message, HasSubstr("isn't a regular file"));
  EXPECT_THAT(readFile("/proc/self/status", 3).error().message, HasSubstr("over the limit"));
}

TEST_F(FileTest, ATemporaryDirectoryIsItsOwnersAndGoesWithIt) {
  auto owner = std::make_optional(TemporaryDirectory::create("wagi-test-").value());
  const std::string path = owner->path();
  std::ofstream(path + "/file") << "x";
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700u);
  auto moved = std::make_optional(std::move(*owner));
  owner.reset();
  EXPECT_TRUE(std::filesystem::exists(path));
  moved.reset();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(FileTest, AChildLeavesItsParentsDirectoryAlone) {
  auto owner = std::make_optional(TemporaryDirectory::create("wagi-test-").value());
  const pid_t child = ::fork();
  if (child == 0) {
    owner.reset();
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(std::filesystem::exists(owner->path()));
}

}  // namespace
}  // namespace wagi
