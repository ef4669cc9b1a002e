// The walk against the kernel: on any tree, any path leads both to the same file or the same error.
#include "base/walk.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <random>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/unique_fd.h"

namespace wagi {
namespace {

constexpr int kTrees = 25;
constexpr int kPathsOfTree = 250;

class WalkTest : public testing::Test {
 protected:
  static int kernel(int directory, const std::string& path, int flags, mode_t mode = 0) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags);
    how.mode = mode;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    int fd = -EAGAIN;
    for (int i = 0; i < 1000 && fd == -EAGAIN; ++i) {  // Other tests rename meanwhile.
      fd = static_cast<int>(::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how));
      if (fd < 0) fd = -errno;
    }
    return fd;
  }

  [[nodiscard]] UniqueFd open(const std::string& name = ".") const {
    return UniqueFd(::open((folder_.path() + "/" + name).c_str(), O_PATH | O_CLOEXEC));
  }

  // An inode, or a negative errno.
  static long identity(int fd) {
    if (fd < 0) return fd;
    struct stat stat{};
    EXPECT_EQ(::fstat(fd, &stat), 0);
    ::close(fd);
    return static_cast<long>(stat.st_ino);
  }

  unsigned pick(unsigned count) { return random_() % count; }
  std::string name() { return std::string(1, static_cast<char>('a' + pick(4))); }

  // A random path of names, dots and slashes; some lead somewhere.
  std::string path(unsigned pieces_max) {
    std::string path;
    for (unsigned i = pick(pieces_max) + 1; i > 0; --i) {
      constexpr std::array kDots = {"..", ".", "..", "."};
      path += pick(3) == 0 ? kDots[pick(4)] : name();
      if (i > 1) path += pick(8) == 0 ? "//" : "/";
    }
    if (pick(8) == 0) path += "/";
    if (pick(40) == 0) path.insert(0, "/");
    return path;
  }

  // Makes random folders, files and links, some of which circle, dangle or lead out.
  void grow(int directory, int depth) {
    for (int i = 0; i < 4; ++i) {
      const std::string entry(1, static_cast<char>('a' + i));
      const unsigned kind = pick(depth == 0 ? 3 : 8);
      if (kind == 0) continue;
      if (kind == 1) {
        ::close(::openat(directory, entry.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
      } else if (kind < 5) {
        ::symlinkat(path(5).c_str(), directory, entry.c_str());
      } else {
        ::mkdirat(directory, entry.c_str(), 0700);
        const UniqueFd folder(::openat(directory, entry.c_str(), O_PATH | O_CLOEXEC));
        grow(folder.get(), depth - 1);
      }
    }
  }

  TemporaryDirectory folder_ = TemporaryDirectory::create("wagi-test-").value();
  const unsigned seed_ = std::random_device{}();
  std::mt19937 random_{seed_};
};

TEST_F(WalkTest, GoesWhereTheKernelGoes) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  int found = 0, refused = 0;
  for (int tree = 0; tree < kTrees; ++tree) {
    folder_ = TemporaryDirectory::create("wagi-test-").value();
    const UniqueFd above = open();
    ASSERT_EQ(::mkdirat(above.get(), "root", 0700), 0);
    grow(above.get(), 1);  // Something to find, where a path gets out.
    const UniqueFd root = open("root");
    grow(root.get(), 3);
    for (int i = 0; i < kPathsOfTree; ++i) {
      const std::string where = path(8);
      for (const int how : {0, O_NOFOLLOW, O_DIRECTORY, O_DIRECTORY | O_NOFOLLOW}) {
        const int flags = O_PATH | O_CLOEXEC | how;
        const long kernels = identity(kernel(root.get(), where, flags));
        ASSERT_EQ(identity(walkBeneath(root.get(), where, flags, 0)), kernels)
            << where << " with " << how << " in " << folder_.path();
        ++(kernels < 0 ? refused : found);
      }
      const int reads = O_RDONLY | O_NONBLOCK | O_CLOEXEC;
      ASSERT_EQ(identity(walkBeneath(root.get(), where, reads, 0)),
                identity(kernel(root.get(), where, reads)))
          << where;
    }
  }
  EXPECT_GT(found, 1000);
  EXPECT_GT(refused, 1000);
}

TEST_F(WalkTest, LimitsAreKept) {
  const UniqueFd root = open();
  std::string deep;
  for (std::size_t i = 0; i < kWalkDepthMax; ++i) {
    deep += "d/";
    ASSERT_EQ(::mkdirat(root.get(), deep.c_str(), 0777), 0);
  }
  const auto walk = [&](const std::string& path) {
    const int fd = walkBeneath(root.get(), path, O_PATH | O_CLOEXEC, 0);
    if (fd >= 0) ::close(fd);
    return fd < 0 ? fd : 0;
  };
  EXPECT_EQ(walk(deep), 0);
  ASSERT_EQ(::mkdirat(root.get(), (deep + "d").c_str(), 0777), 0);
  EXPECT_EQ(walk(deep + "d/d"), -ENAMETOOLONG);
  // The path has as many links as the kernel follows, and then one more.
  ASSERT_EQ(::symlinkat(".", root.get(), "l"), 0);
  std::string links;
  for (std::size_t i = 0; i < kSymlinksMax; ++i) links += "l/";
  EXPECT_EQ(walk(links + "d"), 0);
  EXPECT_EQ(walk(links + "l/d"), -ELOOP);
  EXPECT_EQ(walk(""), -ENOENT);
  EXPECT_EQ(walk("/d"), -EXDEV);
}

}  // namespace
}  // namespace wagi
