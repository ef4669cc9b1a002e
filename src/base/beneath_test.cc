#include "base/beneath.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "base/file.h"

namespace wagi {
namespace {

class FakeKernel final : public Openat2 {
 public:
  int openat2(int directory, const char* path, const open_how& how) override {
    ++calls;
    if (fails_with != 0 && failures-- > 0) return -fails_with;
    return Openat2::openat2(directory, path, how);
  }
  int fails_with = 0;
  int failures = INT_MAX;
  int calls = 0;
};

class BeneathTest : public testing::Test {
 protected:
  BeneathTest() {
    const auto path = [&](const char* name) { return folder_.path() + "/" + name; };
    for (const char* name : {"root", "root/a", "outside"}) ::mkdir(path(name).c_str(), 0700);
    EXPECT_TRUE(writeNewFile(path("root/a/file"), "inside", 0600));
    EXPECT_TRUE(writeNewFile(path("outside/secret"), "outside", 0600));
    EXPECT_EQ(::symlink("../../outside/secret", path("root/a/out").c_str()), 0);
    EXPECT_EQ(::symlink("a/file", path("root/link").c_str()), 0);
    EXPECT_EQ(::mkfifo(path("root/fifo").c_str(), 0600), 0);
    root_.reset(::open(path("root").c_str(), O_PATH | O_CLOEXEC));
  }

  // Opens a path; returns 0, or an errno.
  int open(const std::string& path, int flags = O_RDONLY, mode_t mode = 0) {
    const auto opened = openBeneath(kernel_, root_.get(), path, flags, mode);
    if (!opened) return opened.error();
    EXPECT_NE(::fcntl(opened->get(), F_GETFD) & FD_CLOEXEC, 0);
    return 0;
  }
  void expectBeneath() {
    EXPECT_EQ(open("a/file"), 0);
    EXPECT_EQ(open("link"), 0);
    EXPECT_EQ(open("a/../a/file"), 0);
    EXPECT_EQ(open(".", O_RDONLY | O_DIRECTORY), 0);
    EXPECT_EQ(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
    EXPECT_EQ(open("none"), ENOENT);
    EXPECT_EQ(open("a/file/x"), ENOTDIR);
    for (const char* path :
         {"..", "../outside/secret", "a/../../outside/secret", "a/out", "/etc/passwd", "a/../.."}) {
      EXPECT_EQ(open(path), EXDEV) << path;
    }
  }

  TemporaryDirectory folder_ = TemporaryDirectory::create("wagi-test-").value();
  UniqueFd root_;
  FakeKernel kernel_;
};

TEST_F(BeneathTest, NoPathLeadsOut) {
  expectBeneath();
  for (const int missing : {ENOSYS, EPERM}) {
    kernel_.fails_with = missing;
    expectBeneath();
  }
}

TEST_F(BeneathTest, ALostRaceIsTriedAgainAndThenWalked) {
  kernel_.fails_with = EAGAIN;
  kernel_.failures = kOpenAttemptsMax - 1;
  EXPECT_EQ(open("a/../a/file"), 0);
  EXPECT_EQ(kernel_.calls, kOpenAttemptsMax);
  kernel_.failures = INT_MAX;
  EXPECT_EQ(open("a/../a/file"), 0);
  EXPECT_EQ(open("a/../../outside/secret"), EXDEV);
  EXPECT_EQ(kernel_.calls, 3 * kOpenAttemptsMax);
}

TEST_F(BeneathTest, FilesAreMadeWithTheirMode) {
  for (const int missing : {0, ENOSYS}) {
    kernel_.fails_with = missing;
    const std::string name = "new" + std::to_string(missing);
    EXPECT_EQ(open(name, O_WRONLY | O_CREAT | O_EXCL, 0640), 0);
    EXPECT_EQ(open(name, O_WRONLY | O_CREAT | O_EXCL, 0640), EEXIST);
    struct stat status{};
    EXPECT_EQ(::fstatat(root_.get(), name.c_str(), &status, 0), 0);
    EXPECT_EQ(status.st_mode & 07777, 0640u);
  }
}

}  // namespace
}  // namespace wagi
