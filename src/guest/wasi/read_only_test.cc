// Tests that no function, flag or detour changes a read-only volume.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <string>

#include "guest/wasi/sandbox_testing.h"

namespace wagi::wasi {
namespace {

namespace fs = std::filesystem;

// Descriptor 3 is the volume, read-only; 4 is a folder that has it, writable.
class ReadOnlyTest : public SandboxTest {
 protected:
  void SetUp() override {
    SandboxTest::SetUp();
    world_.preopens = {{"/", volume_.get(), true}, {"/writable", opened_.get(), false}};
    guest_.emplace(world_);
    file_ = statOf("volume/inside/file");
  }
  void TearDown() override {
    EXPECT_EQ(folder_.read("volume/inside/file"), "file");
    const struct stat now = statOf("volume/inside/file");
    EXPECT_EQ(now.st_mtim.tv_sec, file_.st_mtim.tv_sec);
    EXPECT_EQ(now.st_mtim.tv_nsec, file_.st_mtim.tv_nsec);
    EXPECT_EQ(now.st_nlink, 1u);
    EXPECT_EQ(now.st_blocks, file_.st_blocks);
    EXPECT_FALSE(exists("new"));
    EXPECT_FALSE(exists("volume/new"));
    EXPECT_FALSE(exists("volume/inside/new"));
    SandboxTest::TearDown();
  }

  // Tries on an open descriptor all that would change its file.
  void expectUnchangeable(U32 fd) {
    const U32 iovecs = guest().iovecs({{0, 1}});
    EXPECT_EQ(guest().call("fd_write", {fd, iovecs, 1, 0}), Errno::kRofs);
    EXPECT_EQ(guest().call("fd_pwrite", {fd, iovecs, 1, 0, 0}), pwriteRefusal(fd));
    EXPECT_EQ(guest().call("fd_allocate", {fd, 0, 100}), Errno::kRofs);
    EXPECT_EQ(guest().call("fd_filestat_set_size", {fd, 0}), Errno::kRofs);
    EXPECT_EQ(guest().call("fd_filestat_set_times", {fd, 1, 1, 5}), Errno::kRofs);
  }
  // The errno of fd_pwrite, which depends on the descriptor's rights.
  Errno pwriteRefusal(U32 fd) {
    EXPECT_EQ(guest().call("fd_fdstat_get", {fd, 0}), Errno::kSuccess);
    const auto stat = guest().load<Fdstat>(0);
    return (stat.rights_base & rights::kFdWrite) != 0 ? Errno::kRofs : Errno::kBadf;
  }

  // Opens `path` with every set of flags and rights, and tries to write where that succeeds.
  void expectNoWayToOpenFor(const std::string& path, U32 folder) {
    constexpr std::array kRights = {rights::kFdRead,
                                    rights::kFdWrite,
                                    rights::kFdAllocate,
                                    rights::kFdFilestatSetSize,
                                    rights::kFdFilestatSetTimes,
                                    rights::kPathCreateFile};
    for (U32 oflags = 0; oflags <= kOflagsAll; ++oflags) {
      for (U32 subset = 0; subset < 1U << kRights.size(); ++subset) {
        Rights base = 0;
        for (std::size_t i = 0; i < kRights.size(); ++i) {
          if ((subset >> i & 1) != 0) base |= kRights[i];
        }
        for (const U32 fdflags : {0, int{kFdflagsAppend}, int{kFdflagsAll}}) {
          guest().reset();
          const Errno error =
              guest().call("path_open", {folder, kLookupSymlinkFollow, guest().put(path),
                                         path.size(), oflags, base, ~Rights{0}, fdflags, 0});
          if (error != Errno::kSuccess) continue;
          ++opened_to_read_;
          const U32 fd = guest().load<U32>(0);
          EXPECT_EQ(base & rights::kFdWrite, 0);
          expectUnchangeable(fd);
          EXPECT_EQ(guest().call("fd_close", {fd}), Errno::kSuccess);
        }
      }
    }
  }

  [[nodiscard]] struct stat statOf(const std::string& name) const {
    struct stat stat{};
    EXPECT_EQ(::stat(host(name).c_str(), &stat), 0) << name;
    return stat;
  }

  struct stat file_{};
  int opened_to_read_ = 0;
};

TEST_P(ReadOnlyTest, NothingCanBeChangedByName) {
  const auto expectRofs = [](Errno error) { EXPECT_EQ(error, Errno::kRofs); };
  expectRofs(guest().path("path_create_directory", "new"));
  expectRofs(guest().path("path_remove_directory", "inside"));
  expectRofs(guest().path("path_unlink_file", "to_secret"));
  expectRofs(rename("inside/file", "new"));
  expectRofs(rename("inside/file", "new", 3, 4));
  expectRofs(rename("outside/secret", "new", 4, 3));
  expectRofs(rename("inside", "new", 3, 4));
  expectRofs(symlink("x", "new"));
  for (const U32 flags : {5, 10, 1, 8}) {
    expectRofs(setTimes("inside/file", 1, 1, flags));
    expectRofs(setTimes("inside/file", 1, 1, flags, kLookupSymlinkFollow));
    expectRofs(guest().call("fd_filestat_set_times", {3, 1, 1, flags}));
  }
  // A second name elsewhere would be a way to write.
  expectRofs(link("inside/file", "new"));
  expectRofs(link("inside/file", "new", 0, 3, 4));
  expectRofs(link("outside/secret", "new", 0, 4, 3));
}

// Tries every combination of flags and rights.
TEST_P(ReadOnlyTest, NoWayToOpenAllowsAChange) {
  for (const char* path : {"inside/file", "new", "inside/new"}) expectNoWayToOpenFor(path, 3);
  EXPECT_GT(opened_to_read_, 0);
}

// Tries every combination in a folder of the volume that was opened with various rights.
TEST_P(ReadOnlyTest, NoWayToOpenThroughAFolderAllowsAChange) {
  for (const Rights asked : {Rights{0}, rights::kDirectory, ~rights::kFdWrite}) {
    for (const Rights inheriting : {Rights{0}, ~Rights{0}}) {
      guest().reset();
      ASSERT_EQ(guest().call("path_open", {3, 0, guest().put("inside"), 6, kOflagsDirectory, asked,
                                           inheriting, 0, 0}),
                Errno::kSuccess);
      const U32 inside = guest().load<U32>(0);
      opened_to_read_ = 0;
      for (const char* path : {"file", "new"}) expectNoWayToOpenFor(path, inside);
      EXPECT_GT(opened_to_read_, 0);
      EXPECT_EQ(guest().path("path_create_directory", "new", inside), Errno::kRofs);
      EXPECT_EQ(guest().path("path_unlink_file", "file", inside), Errno::kRofs);
      EXPECT_EQ(guest().path("path_remove_directory", ".", inside), Errno::kRofs);
      EXPECT_EQ(rename("file", "new", inside, inside), Errno::kRofs);
      EXPECT_EQ(rename("file", "new", inside, 4), Errno::kRofs);
      EXPECT_EQ(rename("outside/secret", "new", 4, inside), Errno::kRofs);
      EXPECT_EQ(link("file", "new", 0, inside, 4), Errno::kRofs);
      EXPECT_EQ(link("outside/secret", "new", 0, 4, inside), Errno::kRofs);
      EXPECT_EQ(symlink("x", "new", inside), Errno::kRofs);
      EXPECT_EQ(setTimes("file", 1, 1, 5, 0, inside), Errno::kRofs);
      EXPECT_EQ(guest().call("fd_filestat_set_times", {inside, 1, 1, 5}), Errno::kRofs);
      EXPECT_EQ(guest().call("fd_close", {inside}), Errno::kSuccess);
    }
  }
}

TEST_P(ReadOnlyTest, WhatIsOpenedInItIsReadOnlyToo) {
  const U32 file = guest().open("inside/file", 0, rights::kFile & ~rights::kFdWrite);
  EXPECT_EQ(guest().read(file), "file");
  expectUnchangeable(file);
  EXPECT_EQ(guest().call("fd_fdstat_set_flags", {file, kFdflagsAppend}), Errno::kSuccess);
  expectUnchangeable(file);
  const U32 inside = guest().openFolder("inside");
  EXPECT_EQ(guest().tryOpen("new", kOflagsCreat, rights::kFdWrite, inside), Errno::kRofs);
  EXPECT_EQ(guest().tryOpen("file", kOflagsTrunc, rights::kFdRead, inside), Errno::kRofs);
  EXPECT_EQ(guest().path("path_unlink_file", "file", inside), Errno::kRofs);
  EXPECT_EQ(guest().path("path_create_directory", "new", inside), Errno::kRofs);
  EXPECT_EQ(rename("file", "new", inside, 4), Errno::kRofs);
  EXPECT_EQ(link("file", "new", 0, inside, 4), Errno::kRofs);
  EXPECT_EQ(guest().call("fd_filestat_set_times", {inside, 1, 1, 5}), Errno::kRofs);
  EXPECT_EQ(guest().tryOpen("file", 0, rights::kFdRead, inside), Errno::kSuccess);
  EXPECT_EQ(stat("file", 0, inside).size, 4);
}

// Neither renumbering a descriptor nor setting its rights makes its file writable.
TEST_P(ReadOnlyTest, ADescriptorStaysReadOnlyUnderAnotherNumber) {
  folder_.write("scratch", "");
  const U32 writable = guest().open("scratch", 0, rights::kFile, 4);
  const U32 file = guest().open("inside/file", 0, rights::kFile & ~rights::kFdWrite);
  EXPECT_EQ(guest().call("fd_fdstat_set_rights", {file, rights::kFile, 0}), Errno::kNotcapable);
  EXPECT_EQ(guest().call("fd_renumber", {file, writable}), Errno::kSuccess);
  expectUnchangeable(writable);
  EXPECT_EQ(guest().call("fd_renumber", {3, 4}), Errno::kSuccess);
  EXPECT_EQ(guest().tryOpen("new", kOflagsCreat, rights::kFdWrite, 4), Errno::kRofs);
  EXPECT_EQ(guest().path("path_unlink_file", "inside/file", 4), Errno::kRofs);
}

// A link in a writable volume to the read-only one leads out of its volume.
TEST_P(ReadOnlyTest, ALinkElsewhereIsNoWayIn) {
  fs::create_directory(folder_.path() / "other");
  const UniqueFd other = folder_.open("other");
  world_.preopens = {{"/", volume_.get(), true}, {"/other", other.get(), false}};
  Guest guest(world_);
  fs::create_symlink("../volume/inside/file", folder_.path() / "other/relative");
  fs::create_symlink(host("volume/inside/file"), folder_.path() / "other/absolute");
  for (const char* path : {"relative", "absolute", "../volume/inside/file"}) {
    EXPECT_EQ(guest.tryOpen(path, kOflagsTrunc, rights::kFdWrite, 4), Errno::kNotcapable);
    EXPECT_EQ(guest.tryOpen(path, 0, rights::kFdRead, 4), Errno::kNotcapable);
  }
}

// A volume within another is as writable as the preopen through which it is reached, as configured.
TEST_P(ReadOnlyTest, TheWritableVolumeAroundItMayChangeIt) {
  EXPECT_EQ(guest().tryOpen("volume/inside/made", kOflagsCreat, rights::kFdWrite, 4),
            Errno::kSuccess);
  EXPECT_EQ(tryStat("inside/made"), Errno::kSuccess);
  EXPECT_EQ(guest().path("path_unlink_file", "inside/made"), Errno::kRofs);
  EXPECT_EQ(guest().path("path_unlink_file", "volume/inside/made", 4), Errno::kSuccess);
}

INSTANTIATE_TEST_SUITE_P(Kernels, ReadOnlyTest,
                         testing::Values(Kernel::kHasOpenat2, Kernel::kLacksOpenat2), kernelName);

}  // namespace
}  // namespace wagi::wasi
