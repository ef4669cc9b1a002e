// Nothing outside a volume can be reached, and nothing of a read-only one changed.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <functional>
#include <thread>
#include <vector>

#include "wasi/folder_testing.h"
#include "wasi/limits.h"
#include "wasi/walk.h"

namespace wagi::wasi {
namespace {

namespace fs = std::filesystem;

// The volume is a folder of folder_; beside it lies what a guest must never reach.
class SandboxTest : public FolderTest {
 protected:
  void SetUp() override {
    fs::create_directories(folder_.path() / "volume/inside");
    fs::create_directories(folder_.path() / "outside");
    folder_.write("outside/secret", "secret");
    folder_.write("volume/inside/file", "file");
    fs::create_symlink("../outside", folder_.path() / "volume/to_outside");
    fs::create_symlink("../outside/secret", folder_.path() / "volume/to_secret");
    fs::create_symlink("../../outside/secret", folder_.path() / "volume/inside/to_secret");
    fs::create_symlink(folder_.path() / "outside", folder_.path() / "volume/absolute");
    fs::create_symlink("/", folder_.path() / "volume/root");
    fs::create_symlink("inside/../../outside/secret", folder_.path() / "volume/winding");
    fs::create_symlink("to_secret", folder_.path() / "volume/chain");
    fs::create_symlink("../outside/new", folder_.path() / "volume/to_new");
    volume_ = folder_.open("volume");
    world_.preopens = {{"/", volume_.get(), false}};
    FolderTest::SetUp();
  }
  void TearDown() override {
    EXPECT_EQ(folder_.read("outside/secret"), "secret");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path() / "outside"), {}), 1);
  }

  UniqueFd volume_;
};

// Every path here leads out of the volume, by one way or another, to something that exists.
constexpr const char* kEscapes[] = {"..",
                                    "../",
                                    "../outside/secret",
                                    "inside/../../outside/secret",
                                    "./.././outside/secret",
                                    "../../../../../../../../../../etc/passwd",
                                    "inside/../../volume/inside/file",
                                    "to_outside/secret",
                                    "to_outside/",
                                    "to_secret",
                                    "inside/to_secret",
                                    "absolute/secret",
                                    "absolute/",
                                    "root/etc/passwd",
                                    "root/",
                                    "winding",
                                    "chain",
                                    "/etc/passwd",
                                    "/",
                                    "//inside/file"};

TEST_P(SandboxTest, NoPathOpensWhatIsOutside) {
  for (const char* path : kEscapes) {
    EXPECT_EQ(guest().tryOpen(path), Errno::kNotcapable) << path;
    EXPECT_EQ(guest().tryOpen(path, kOflagsDirectory), Errno::kNotcapable) << path;
    const Errno created = guest().tryOpen(path, kOflagsCreat | kOflagsTrunc, rights::kFdWrite);
    EXPECT_TRUE(created == Errno::kNotcapable || created == Errno::kIsdir) << path;
    EXPECT_EQ(tryStat(path, kLookupSymlinkFollow), Errno::kNotcapable) << path;
    EXPECT_EQ(setTimes(path, 1, 1, 5, kLookupSymlinkFollow), Errno::kNotcapable) << path;
  }
  EXPECT_EQ(guest().tryOpen("to_new", kOflagsCreat, rights::kFdWrite), Errno::kNotcapable);
  EXPECT_EQ(guest().tryOpen("inside/file"), Errno::kSuccess);
}

TEST_P(SandboxTest, NothingOutsideIsChangedByName) {
  for (const std::string parent : {"..", "../outside", "to_outside", "absolute", "root/tmp",
                                   "inside/../..", "/tmp", "winding/..", "chain/x"}) {
    const std::string target = parent + "/x";
    const std::string secret = parent + "/secret";
    EXPECT_EQ(guest().path("path_create_directory", target), Errno::kNotcapable) << parent;
    EXPECT_EQ(guest().path("path_remove_directory", secret), Errno::kNotcapable) << parent;
    EXPECT_EQ(guest().path("path_unlink_file", secret), Errno::kNotcapable) << parent;
    EXPECT_EQ(rename("inside/file", target), Errno::kNotcapable) << parent;
    EXPECT_EQ(rename(secret, "x"), Errno::kNotcapable) << parent;
    EXPECT_EQ(link("inside/file", target), Errno::kNotcapable) << parent;
    EXPECT_EQ(link(secret, "x"), Errno::kNotcapable) << parent;
    EXPECT_EQ(symlink("anything", target), Errno::kNotcapable) << parent;
    EXPECT_EQ(readlink(secret), Errno::kNotcapable) << parent;
    EXPECT_EQ(tryStat(secret), Errno::kNotcapable) << parent;
    EXPECT_EQ(setTimes(secret, 1, 1, 5), Errno::kNotcapable) << parent;
  }
  EXPECT_EQ(tryStat("inside/file"), Errno::kSuccess);
}

TEST_P(SandboxTest, LinksThatLeadOutCanBeSeenAndRemoved) {
  EXPECT_EQ(readlink("to_outside"), Errno::kSuccess);
  EXPECT_EQ(linked(), "../outside");
  EXPECT_EQ(stat("to_secret").filetype, static_cast<U64>(Filetype::kSymbolicLink));
  EXPECT_EQ(setTimes("to_secret", 1, 1, 5), Errno::kSuccess);
  EXPECT_EQ(link("to_secret", "copy"), Errno::kSuccess);
  EXPECT_EQ(guest().tryOpen("copy"), Errno::kNotcapable);
  EXPECT_EQ(rename("to_secret", "moved"), Errno::kSuccess);
  EXPECT_EQ(guest().path("path_unlink_file", "moved"), Errno::kSuccess);
  EXPECT_EQ(guest().path("path_unlink_file", "to_outside"), Errno::kSuccess);
}

TEST_P(SandboxTest, AFolderOpenedByTheGuestIsItsOwnRoot) {
  const U32 inside = guest().openFolder("inside");
  EXPECT_EQ(guest().tryOpen("..", kOflagsDirectory, 0, inside), Errno::kNotcapable);
  EXPECT_EQ(guest().tryOpen("../inside/file", 0, 0, inside), Errno::kNotcapable);
  EXPECT_EQ(guest().tryOpen("file", 0, rights::kFdRead, inside), Errno::kSuccess);
}

TEST_P(SandboxTest, MagicLinksAreNotFollowed) {
  const UniqueFd proc(::open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC));
  ASSERT_TRUE(proc);
  world_.preopens = {{"/", volume_.get(), false}, {"/proc", proc.get(), false}};
  Guest guest(world_);
  for (const char* path : {"root/etc/passwd", "cwd/", "exe", "fd/0", "root"}) {
    const Errno error = guest.tryOpen(path, 0, rights::kFdRead, 4);
    EXPECT_TRUE(error == Errno::kNotcapable || error == Errno::kLoop) << path;
  }
}

TEST_P(SandboxTest, WhatIsNoFileIsNotOpened) {
  const std::string volume = folder_.path() / "volume";
  ASSERT_EQ(::mkfifo((volume + "/fifo").c_str(), 0666), 0);
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  (volume + "/socket").copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  // A FIFO without a partner would block an open in either direction.
  for (const char* path : {"fifo", "socket"}) {
    for (const Rights base : {rights::kFdRead, rights::kFdWrite, rights::kFile}) {
      EXPECT_EQ(guest().tryOpen(path, 0, base), Errno::kNxio) << path;
    }
    EXPECT_EQ(tryStat(path), Errno::kSuccess) << path;
    EXPECT_EQ(guest().path("path_unlink_file", path), Errno::kSuccess) << path;
  }
  const UniqueFd devices(::open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC));
  world_.preopens = {{"/dev", devices.get(), false}};
  Guest other(world_);
  EXPECT_EQ(other.tryOpen("zero"), Errno::kNxio);
  EXPECT_EQ(other.tryOpen("null", 0, rights::kFdWrite), Errno::kNxio);
}

TEST_P(SandboxTest, ARaceAgainstALinkNeverLeadsOut) {
  // Somebody exchanges a folder for a link to the outside and back while the guest opens through
  // it.
  const fs::path volume = folder_.path() / "volume";
  fs::create_directory(volume / "swapped");
  folder_.write("volume/swapped/secret", "mine");
  fs::create_symlink("../outside", volume / "link");
  std::atomic<bool> done = false;
  std::thread swapper([&] {
    while (!done) {
      ::renameat2(AT_FDCWD, (volume / "swapped").c_str(), AT_FDCWD, (volume / "link").c_str(),
                  RENAME_EXCHANGE);
    }
  });
  int opened = 0, refused = 0;
  // Some thousand rounds, and more until either side of the exchange has been met.
  for (int i = 0; i < 3000 || ((opened == 0 || refused == 0) && i < 1'000'000); ++i) {
    const Errno error = guest().tryOpen("swapped/secret");
    if (error == Errno::kSuccess) {
      ++opened;
      const U32 fd = guest().load<U32>(0);
      EXPECT_EQ(guest().read(fd, 16), "mine");
      EXPECT_EQ(guest().call("fd_close", {fd}), Errno::kSuccess);
    } else {
      ++refused;
      // The walk may find a folder where it saw a link, and says NOTDIR.
      EXPECT_TRUE(error == Errno::kNotcapable || error == Errno::kAgain || error == Errno::kNoent ||
                  error == Errno::kNotdir)
          << static_cast<int>(error);
    }
    EXPECT_NE(guest().path("path_unlink_file", "swapped/none"), Errno::kSuccess);
    guest().reset();
    std::this_thread::yield();
  }
  done = true;
  swapper.join();
  EXPECT_GT(opened, 0);
  EXPECT_GT(refused, 0);
}

// The walk knows no such race.
class LostRaceTest : public SandboxTest {};

TEST_P(LostRaceTest, IsTriedAgain) {
  world_.system.races_lost = kOpenAttemptsMax - 1;
  EXPECT_EQ(guest().tryOpen("inside/file"), Errno::kSuccess);
  world_.system.races_lost = kOpenAttemptsMax;
  EXPECT_EQ(guest().tryOpen("inside/file"), Errno::kAgain);
  EXPECT_EQ(world_.system.opens, 2 * kOpenAttemptsMax);
}

INSTANTIATE_TEST_SUITE_P(Kernels, SandboxTest,
                         testing::Values(Kernel::kHasOpenat2, Kernel::kLacksOpenat2), kernelName);

INSTANTIATE_TEST_SUITE_P(Kernels, LostRaceTest, testing::Values(Kernel::kHasOpenat2), kernelName);

class ReadOnlyTest : public SandboxTest {
 protected:
  void SetUp() override {
    SandboxTest::SetUp();
    world_.preopens = {{"/", volume_.get(), true}, {"/writable", opened_.get(), false}};
    guest_.emplace(world_);
  }
};

TEST_P(ReadOnlyTest, NothingCanBeChanged) {
  const auto expectRofs = [](Errno error) { EXPECT_EQ(error, Errno::kRofs); };
  expectRofs(guest().tryOpen("inside/file", 0, rights::kFdWrite));
  expectRofs(guest().tryOpen("inside/file", 0, rights::kFdRead | rights::kFdWrite));
  expectRofs(guest().tryOpen("inside/file", kOflagsTrunc, rights::kFdRead));
  expectRofs(guest().tryOpen("new", kOflagsCreat, rights::kFdRead));
  expectRofs(guest().path("path_create_directory", "new"));
  expectRofs(guest().path("path_remove_directory", "inside"));
  expectRofs(guest().path("path_unlink_file", "to_secret"));
  expectRofs(rename("inside/file", "new"));
  expectRofs(rename("inside/file", "new", 3, 4));
  expectRofs(rename("outside/secret", "new", 4, 3));
  expectRofs(symlink("x", "new"));
  expectRofs(setTimes("inside/file", 1, 1, 5));
  expectRofs(guest().call("fd_filestat_set_times", {3, 1, 1, 5}));
  // A second name elsewhere would be a way to write.
  expectRofs(link("inside/file", "new"));
  expectRofs(link("inside/file", "new", 0, 3, 4));
  expectRofs(link("outside/secret", "new", 0, 4, 3));
  EXPECT_EQ(folder_.read("volume/inside/file"), "file");
  EXPECT_FALSE(exists("new"));
  EXPECT_FALSE(exists("volume/new"));
}

TEST_P(ReadOnlyTest, WhatIsOpenedInItIsReadOnlyToo) {
  const U32 file = guest().open("inside/file", 0, rights::kFile & ~rights::kFdWrite);
  EXPECT_EQ(guest().read(file), "file");
  const U32 iovecs = guest().iovecs({{0, 1}});
  EXPECT_EQ(guest().call("fd_write", {file, iovecs, 1, 0}), Errno::kRofs);
  EXPECT_EQ(guest().call("fd_allocate", {file, 0, 100}), Errno::kRofs);
  EXPECT_EQ(guest().call("fd_filestat_set_size", {file, 0}), Errno::kRofs);
  EXPECT_EQ(guest().call("fd_filestat_set_times", {file, 1, 1, 5}), Errno::kRofs);
  EXPECT_EQ(guest().call("fd_fdstat_set_flags", {file, kFdflagsAppend}), Errno::kSuccess);
  const U32 inside = guest().openFolder("inside");
  EXPECT_EQ(guest().tryOpen("new", kOflagsCreat, rights::kFdWrite, inside), Errno::kRofs);
  EXPECT_EQ(guest().path("path_unlink_file", "file", inside), Errno::kRofs);
  EXPECT_EQ(guest().tryOpen("file", 0, rights::kFdRead, inside), Errno::kSuccess);
  EXPECT_EQ(stat("file", 0, inside).size, 4);
}

INSTANTIATE_TEST_SUITE_P(Kernels, ReadOnlyTest, testing::Values(Kernel::kHasOpenat2), kernelName);

TEST(WalkTest, LimitsAreKept) {
  TemporaryFolder folder;
  const UniqueFd root = folder.open();
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
  // As many links as the kernel follows, and one more.
  ASSERT_EQ(::symlinkat(".", root.get(), "l"), 0);
  std::string links;
  for (std::size_t i = 0; i < kSymlinksMax; ++i) links += "l/";
  EXPECT_EQ(walk(links + "d"), 0);
  EXPECT_EQ(walk(links + "l/d"), -ELOOP);
  EXPECT_EQ(walk(""), -ENOENT);
  EXPECT_EQ(walk("/d"), -EXDEV);
}

}  // namespace
}  // namespace wagi::wasi
