// Tests that no path reaches anything outside a volume. docs/sandbox.md lists the attempts.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "guest/wasi/sandbox_testing.h"

namespace wagi::wasi {
namespace {

std::string repeated(std::string_view piece, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += piece;
  return result;
}

// Paths that lead out of the volume, in one way or another, to something that exists.
std::vector<std::string> escapes() {
  return {"..",
          "../",
          "../.",
          "../outside/secret",
          "inside/../../outside/secret",
          "inside/..//.././outside/secret",
          "./.././outside/secret",
          "../../../../../../../../../../etc/passwd",
          repeated("../", 1300) + "etc/passwd",
          repeated("inside/../", 400) + "../outside/secret",
          "inside/../../volume/inside/file",
          "to_outside/secret",
          "to_outside/",
          "to_outside/.",
          "to_outside/../outside/secret",
          "to_secret",
          "inside/to_secret",
          "inside/../to_secret",
          "absolute/secret",
          "absolute/",
          "home/file",
          "root/etc/passwd",
          "root/",
          "root/proc/self/root/etc/passwd",
          "root/proc/self/cwd/",
          "up/outside/secret",
          "up/volume/up/outside/secret",
          "up/",
          "winding_up/outside/secret",
          "winding",
          "chain",
          "by_link",
          "by_link/secret",
          "/etc/passwd",
          "/",
          "//inside/file",
          "/proc/self/root/etc/passwd"};
}

TEST_P(SandboxTest, NoPathOpensWhatIsOutside) {
  for (const std::string& path : escapes()) {
    EXPECT_EQ(guest().tryOpen(path), Errno::kNotcapable) << path;
    EXPECT_EQ(guest().tryOpen(path, kOflagsDirectory), Errno::kNotcapable) << path;
    const Errno created = guest().tryOpen(path, kOflagsCreat | kOflagsTrunc, rights::kFdWrite);
    EXPECT_TRUE(created == Errno::kNotcapable || created == Errno::kIsdir) << path;
    EXPECT_EQ(tryStat(path, kLookupSymlinkFollow), Errno::kNotcapable) << path;
    EXPECT_EQ(setTimes(path, 1, 1, 5, kLookupSymlinkFollow), Errno::kNotcapable) << path;
    guest().reset();
  }
  EXPECT_EQ(guest().tryOpen("to_new", kOflagsCreat, rights::kFdWrite), Errno::kNotcapable);
  EXPECT_EQ(guest().tryOpen("inside/file"), Errno::kSuccess);
}

TEST_P(SandboxTest, NothingOutsideIsChangedByName) {
  for (const std::string parent :
       {"..", "../outside", "to_outside", "to_outside/.", "absolute", "root/tmp", "inside/../..",
        "/tmp", "winding/..", "chain/x", "up/outside", "winding_up", "by_link", "home"}) {
    const std::string target = parent + "/x";
    const std::string secret = parent + "/secret";
    EXPECT_EQ(guest().path("path_create_directory", target), Errno::kNotcapable) << parent;
    EXPECT_EQ(guest().path("path_create_directory", target + "/"), Errno::kNotcapable) << parent;
    EXPECT_EQ(guest().path("path_remove_directory", secret), Errno::kNotcapable) << parent;
    EXPECT_EQ(guest().path("path_unlink_file", secret), Errno::kNotcapable) << parent;
    EXPECT_EQ(guest().path("path_unlink_file", secret + "/"), Errno::kNotcapable) << parent;
    EXPECT_EQ(rename("inside/file", target), Errno::kNotcapable) << parent;
    EXPECT_EQ(rename(secret, "x"), Errno::kNotcapable) << parent;
    EXPECT_EQ(link("inside/file", target), Errno::kNotcapable) << parent;
    EXPECT_EQ(link(secret, "x"), Errno::kNotcapable) << parent;
    EXPECT_EQ(symlink("anything", target), Errno::kNotcapable) << parent;
    EXPECT_EQ(readlink(secret), Errno::kNotcapable) << parent;
    EXPECT_EQ(tryStat(secret), Errno::kNotcapable) << parent;
    EXPECT_EQ(setTimes(secret, 1, 1, 5), Errno::kNotcapable) << parent;
    guest().reset();
  }
  EXPECT_EQ(tryStat("inside/file"), Errno::kSuccess);
}

// A slash would make the kernel follow the link: the folder to which that leads mustn't be removed,
// moved or found.
TEST_P(SandboxTest, ASlashBehindALinkLeadsNowhere) {
  for (const std::string name : {"to_outside/", "to_outside//", "absolute/", "up/", "by_link/"}) {
    EXPECT_EQ(guest().path("path_remove_directory", name), Errno::kNotdir) << name;
    EXPECT_EQ(guest().path("path_unlink_file", name), Errno::kNotdir) << name;
    EXPECT_EQ(guest().path("path_create_directory", name), Errno::kExist) << name;
    EXPECT_EQ(rename(name, "moved"), Errno::kNotdir) << name;
    EXPECT_EQ(rename("inside", name), Errno::kNotdir) << name;
    EXPECT_EQ(link(name, "linked"), Errno::kNotdir) << name;
    EXPECT_EQ(link("inside/file", name), Errno::kExist) << name;
    EXPECT_EQ(symlink("x", name), Errno::kExist) << name;
    EXPECT_EQ(readlink(name), Errno::kNotcapable) << name;
    EXPECT_EQ(tryStat(name), Errno::kNotcapable) << name;
    EXPECT_EQ(setTimes(name, 1, 1, 5), Errno::kNotcapable) << name;
  }
  EXPECT_EQ(guest().path("path_create_directory", "to_new/"), Errno::kExist);
  EXPECT_EQ(symlink("x", "to_new/"), Errno::kExist);
}

// The errno for a path must not depend on what is outside.
TEST_P(SandboxTest, ErrorsDoNotTellWhatIsOutside) {
  for (const std::string parent : {"..", "to_outside", "absolute", "up/outside", "inside/../..",
                                   "root", "../volume", "/tmp"}) {
    for (const std::string name : {"/none", "/secret", "/none/x", "/secret/x", "/outside", "/.."}) {
      for (const U32 oflags : {U32{0}, U32{kOflagsDirectory}, U32{kOflagsCreat | kOflagsExcl}}) {
        EXPECT_EQ(guest().tryOpen(parent + name, oflags), Errno::kNotcapable) << parent << name;
      }
      EXPECT_EQ(tryStat(parent + name), Errno::kNotcapable) << parent << name;
      EXPECT_EQ(readlink(parent + name), Errno::kNotcapable) << parent << name;
    }
    guest().reset();
  }
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

// Hostile archives make a link first, then a file through it.
TEST_P(SandboxTest, LinksThatAGuestMakesLeadNowhere) {
  EXPECT_EQ(symlink("../outside", "trap"), Errno::kSuccess);
  EXPECT_EQ(guest().tryOpen("trap/planted", kOflagsCreat, rights::kFdWrite), Errno::kNotcapable);
  EXPECT_EQ(guest().path("path_create_directory", "trap/planted"), Errno::kNotcapable);
  EXPECT_EQ(rename("inside/file", "trap/planted"), Errno::kNotcapable);
  // A link that leads out only after it was moved.
  EXPECT_EQ(symlink("../outside/secret", "inside/moves"), Errno::kSuccess);
  EXPECT_EQ(guest().tryOpen("inside/moves"), Errno::kNoent);
  EXPECT_EQ(rename("inside/moves", "moves"), Errno::kSuccess);
  EXPECT_EQ(guest().tryOpen("moves"), Errno::kNotcapable);
  // A rename replaces a link, not the file to which it leads.
  EXPECT_EQ(symlink("x", "new"), Errno::kSuccess);
  EXPECT_EQ(rename("new", "to_secret"), Errno::kSuccess);
  EXPECT_EQ(readlink("to_secret"), Errno::kSuccess);
  EXPECT_EQ(linked(), "x");
  EXPECT_EQ(guest().tryOpen("to_new", kOflagsCreat | kOflagsExcl, rights::kFdWrite), Errno::kExist);
}

TEST_P(SandboxTest, AFolderOpenedByTheGuestIsItsOwnRoot) {
  const U32 inside = guest().openFolder("inside");
  EXPECT_EQ(guest().tryOpen("..", kOflagsDirectory, 0, inside), Errno::kNotcapable);
  EXPECT_EQ(guest().tryOpen("../inside/file", 0, 0, inside), Errno::kNotcapable);
  EXPECT_EQ(guest().tryOpen("file", 0, rights::kFdRead, inside), Errno::kSuccess);
}

// A descriptor stays that of its folder, and nothing above it is reached through it, wherever the
// folder is moved.
TEST_P(SandboxTest, AMovedFolderTakesNothingAlong) {
  EXPECT_EQ(guest().path("path_create_directory", "a"), Errno::kSuccess);
  EXPECT_EQ(guest().path("path_create_directory", "a/b"), Errno::kSuccess);
  EXPECT_EQ(guest().path("path_create_directory", "a/b/c"), Errno::kSuccess);
  const U32 b = guest().openFolder("a/b");
  const auto expectConfined = [&] {
    for (const char* path : {"..", "../", "../..", "c/../..", "../secret", "../../outside/secret",
                             "../outside/secret", "../volume/inside/file"}) {
      EXPECT_EQ(guest().tryOpen(path, 0, rights::kFdRead, b), Errno::kNotcapable) << path;
      EXPECT_EQ(tryStat(path, 0, b), Errno::kNotcapable) << path;
    }
    EXPECT_EQ(guest().tryOpen("c/..", kOflagsDirectory, 0, b), Errno::kSuccess);
  };
  EXPECT_EQ(rename("a/b", "b"), Errno::kSuccess);
  expectConfined();
  // Another program moves the folder out of the volume.
  ASSERT_EQ(::rename(host("volume/b").c_str(), host("outside/b").c_str()), 0);
  expectConfined();
  EXPECT_EQ(guest().tryOpen("b"), Errno::kNoent);
  ASSERT_EQ(::rename(host("outside/b").c_str(), host("volume/b").c_str()), 0);
  ASSERT_EQ(::rename(host("volume/b").c_str(), host("volume/inside/b").c_str()), 0);
  expectConfined();
}

TEST_P(SandboxTest, MagicLinksAreNotFollowed) {
  const UniqueFd proc(::open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC));
  ASSERT_TRUE(proc);
  world_.preopens = {{"/", volume_.get(), false}, {"/proc", proc.get(), false}};
  Guest guest(world_);
  const std::string number = std::to_string(volume_.get());
  for (const std::string& path :
       {std::string("root/etc/passwd"), std::string("cwd/"), std::string("exe"),
        std::string("fd/0"), std::string("root"), "fd/" + number, "fd/" + number + "/inside/file",
        "task/" + std::to_string(::gettid()) + "/cwd", std::string("ns/mnt")}) {
    for (const U32 oflags : {U32{0}, U32{kOflagsDirectory}, U32{kOflagsCreat}}) {
      const Errno error = guest.tryOpen(path, oflags, rights::kFdRead, 4);
      // "ns/mnt" leads to "mnt:[4026531841]", which isn't a path. A path with a slash gives ISDIR.
      EXPECT_TRUE(error == Errno::kNotcapable || error == Errno::kLoop ||
                  (path == "ns/mnt" && error != Errno::kSuccess) || error == Errno::kIsdir)
          << path;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, SandboxTest,
                         testing::Values(Kernel::kHasOpenat2, Kernel::kLacksOpenat2), kernelName);

}  // namespace
}  // namespace wagi::wasi
