// Tests calls on paths: opening, making, removing, renaming, linking.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/walk.h"
#include "guest/wasi/folder_testing.h"
#include "guest/wasi/limits.h"

namespace wagi::wasi {
namespace {

class PathTest : public FolderTest {};

TEST_P(PathTest, OpenFlagsAreThoseOfPosix) {
  folder_.write("f", "old");
  const Rights write = rights::kFdWrite;
  EXPECT_EQ(guest().tryOpen("none"), Errno::kNoent);
  EXPECT_EQ(guest().tryOpen("none/f", kOflagsCreat), Errno::kNoent);
  EXPECT_EQ(guest().tryOpen("f/x"), Errno::kNotdir);
  EXPECT_EQ(guest().tryOpen("f", kOflagsCreat | kOflagsExcl, write), Errno::kExist);
  EXPECT_EQ(guest().tryOpen("f", kOflagsDirectory), Errno::kNotdir);
  EXPECT_EQ(guest().tryOpen("f", kOflagsCreat, write), Errno::kSuccess);
  EXPECT_EQ(folder_.read("f"), "old");
  EXPECT_EQ(guest().tryOpen("f", kOflagsTrunc, write), Errno::kSuccess);
  EXPECT_EQ(folder_.read("f"), "");
  EXPECT_EQ(guest().tryOpen("n", kOflagsCreat | kOflagsExcl, write), Errno::kSuccess);
  EXPECT_TRUE(exists("n"));
  EXPECT_EQ(guest().tryOpen(".", 0, write), Errno::kIsdir);
  EXPECT_EQ(guest().tryOpen(".", kOflagsDirectory, write), Errno::kIsdir);
  EXPECT_EQ(guest().tryOpen(".", kOflagsDirectory, ~write), Errno::kSuccess)
      << "a folder may be asked for every other right";
  EXPECT_EQ(guest().tryOpen("."), Errno::kSuccess);
}

TEST_P(PathTest, UnknownAndContradictingFlagsAreRefused) {
  EXPECT_EQ(guest().tryOpen("x", 16), Errno::kInval);
  EXPECT_EQ(guest().tryOpen("x", kOflagsDirectory | kOflagsCreat), Errno::kInval);
  EXPECT_EQ(guest().tryOpen("x", kOflagsDirectory | kOflagsTrunc), Errno::kInval);
  EXPECT_EQ(guest().tryOpen("x", 0, 0, kFolder, 2), Errno::kInval);
  EXPECT_EQ(guest().call("path_open", {kFolder, 0, guest().put("x"), 1, 0, 0, 0, 32, 0}),
            Errno::kInval);
  EXPECT_EQ(tryStat("x", 2), Errno::kInval);
  EXPECT_EQ(setTimes("x", 0, 0, 0, 2), Errno::kInval);
  EXPECT_FALSE(exists("x"));
}

TEST_P(PathTest, PathsMustBeNamesOfSomething) {
  EXPECT_EQ(guest().tryOpen(""), Errno::kNoent);
  EXPECT_EQ(guest().tryOpen(std::string_view("a\0b", 3), kOflagsCreat), Errno::kInval);
  EXPECT_EQ(guest().tryOpen(std::string(255, 'a'), kOflagsCreat), Errno::kSuccess);
  EXPECT_EQ(guest().tryOpen(std::string(256, 'a'), kOflagsCreat), Errno::kNametoolong);
  std::string deep;
  while (deep.size() < kPathBytesMax - 1) deep += "./";
  deep.resize(kPathBytesMax - 1, '.');
  EXPECT_EQ(guest().tryOpen(deep), Errno::kSuccess) << "one byte less than the limit";
  EXPECT_EQ(guest().tryOpen(deep + "/"), Errno::kNametoolong);
  EXPECT_EQ(guest().tryOpen("f"), Errno::kNoent);
  EXPECT_EQ(guest().tryOpen("f", 0, 0, 99), Errno::kBadf);
}

// Many guests, such as Go's os.Root, name only the rights that they need at once, and use others
// beneath the folder.
TEST_P(PathTest, AFolderHasAllItsRightsWhateverIsAskedFor) {
  EXPECT_EQ(guest().path("path_create_directory", "d"), Errno::kSuccess);
  for (const Rights asked : {Rights{0}, rights::kFdReaddir, rights::kFdRead | rights::kPathOpen}) {
    for (const Rights inheriting : {Rights{0}, rights::kFdRead, ~Rights{0}}) {
      EXPECT_EQ(guest().call("path_open", {kFolder, 0, guest().put("d"), 1, kOflagsDirectory, asked,
                                           inheriting, 0, 0}),
                Errno::kSuccess);
      const U32 d = guest().load<U32>(0);
      EXPECT_EQ(guest().call("fd_fdstat_get", {d, 0}), Errno::kSuccess);
      EXPECT_EQ(guest().load<Fdstat>(0).rights_base, rights::kDirectory);
      EXPECT_EQ(guest().load<Fdstat>(0).rights_inheriting, rights::kFile | rights::kDirectory);

      EXPECT_EQ(guest().path("path_create_directory", "e", d), Errno::kSuccess);
      const U32 f = guest().open("e/f", kOflagsCreat | kOflagsExcl, rights::kFdWrite, d);
      guest().write(f, "text");
      EXPECT_EQ(guest().call("fd_sync", {f}), Errno::kSuccess);
      EXPECT_EQ(guest().call("fd_filestat_set_size", {f, 3}), Errno::kSuccess);
      EXPECT_EQ(guest().call("fd_close", {f}), Errno::kSuccess);
      EXPECT_EQ(folder_.read("d/e/f"), "tex");
      EXPECT_EQ(guest().tryOpen("e/f", kOflagsTrunc, rights::kFdWrite, d), Errno::kSuccess);
      EXPECT_EQ(guest().call("fd_close", {guest().load<U32>(0)}), Errno::kSuccess);
      EXPECT_EQ(rename("e/f", "g", d, d), Errno::kSuccess);
      EXPECT_EQ(link("g", "h", 0, d, d), Errno::kSuccess);
      EXPECT_EQ(symlink("g", "s", d), Errno::kSuccess);
      EXPECT_EQ(setTimes("g", 1, 1, kFstflagsAtim | kFstflagsMtim, 0, d), Errno::kSuccess);
      EXPECT_EQ(guest().call("fd_readdir", {d, kLink, 8, 0, 0}), Errno::kSuccess);
      for (const char* name : {"g", "h", "s"}) {
        EXPECT_EQ(guest().path("path_unlink_file", name, d), Errno::kSuccess) << name;
      }
      EXPECT_EQ(guest().path("path_remove_directory", "e", d), Errno::kSuccess);
      EXPECT_EQ(guest().call("fd_close", {d}), Errno::kSuccess);
    }
  }
}

// A right that the guest gives up is gone, from the folder and from files that are opened in it.
TEST_P(PathTest, RightsThatWereGivenUpStayGone) {
  EXPECT_EQ(guest().path("path_create_directory", "d"), Errno::kSuccess);
  folder_.write("d/f", "text");
  const U32 d = guest().openFolder("d");
  EXPECT_EQ(guest().call("fd_fdstat_set_rights", {d, rights::kPathOpen, rights::kFdRead}),
            Errno::kSuccess);
  EXPECT_EQ(guest().path("path_create_directory", "e", d), Errno::kNotcapable);
  EXPECT_EQ(guest().tryOpen("f", kOflagsCreat, rights::kFdWrite, d), Errno::kNotcapable);
  EXPECT_EQ(guest().tryOpen("f", kOflagsTrunc, rights::kFdWrite, d), Errno::kNotcapable);
  EXPECT_EQ(guest().path("path_unlink_file", "f", d), Errno::kNotcapable);
  const U32 f = guest().open("f", 0, rights::kFile, d);
  EXPECT_EQ(guest().read(f), "text");
  EXPECT_EQ(guest().call("fd_write", {f, 0, 0, 0}), Errno::kBadf);
}

TEST_P(PathTest, FoldersAreMadeAndRemoved) {
  EXPECT_EQ(guest().path("path_create_directory", "d"), Errno::kSuccess);
  EXPECT_EQ(guest().path("path_create_directory", "d"), Errno::kExist);
  EXPECT_EQ(guest().path("path_create_directory", "d/e/"), Errno::kSuccess);
  EXPECT_EQ(guest().path("path_create_directory", "x/y"), Errno::kNoent);
  EXPECT_EQ(stat("d/e").filetype, static_cast<U64>(Filetype::kDirectory));
  EXPECT_EQ(guest().path("path_remove_directory", "d"), Errno::kNotempty);
  EXPECT_EQ(guest().path("path_unlink_file", "d/e"), Errno::kIsdir);
  EXPECT_EQ(guest().path("path_unlink_file", "d/e/"), Errno::kIsdir);
  EXPECT_EQ(guest().path("path_remove_directory", "d/e/"), Errno::kSuccess);
  EXPECT_EQ(guest().path("path_remove_directory", "d"), Errno::kSuccess);
  EXPECT_EQ(guest().path("path_remove_directory", "d"), Errno::kNoent);
}

TEST_P(PathTest, DotsAreNoNamesToChange) {
  EXPECT_EQ(guest().path("path_create_directory", "d"), Errno::kSuccess);
  for (const char* dots : {".", "..", "d/.", "d/..", "d/../.", "./"}) {
    EXPECT_EQ(guest().path("path_create_directory", dots), Errno::kExist) << dots;
    EXPECT_EQ(guest().path("path_remove_directory", dots), Errno::kInval) << dots;
    EXPECT_EQ(guest().path("path_unlink_file", dots), Errno::kIsdir) << dots;
    EXPECT_EQ(rename(dots, "e"), Errno::kBusy) << dots;
    EXPECT_EQ(rename("d", dots), Errno::kBusy) << dots;
    EXPECT_EQ(link("d", dots), Errno::kExist) << dots;
    EXPECT_EQ(link(dots, "e"), Errno::kPerm) << dots;
    EXPECT_EQ(symlink("x", dots), Errno::kExist) << dots;
  }
  const std::filesystem::directory_iterator entries(folder_.path());
  EXPECT_EQ(std::distance(entries, {}), 1) << "nothing but d";
}

TEST_P(PathTest, FilesAreRemoved) {
  folder_.write("f", "");
  EXPECT_EQ(guest().path("path_remove_directory", "f"), Errno::kNotdir);
  EXPECT_EQ(guest().path("path_unlink_file", "f/"), Errno::kNotdir);
  EXPECT_EQ(guest().path("path_unlink_file", "f"), Errno::kSuccess);
  EXPECT_EQ(guest().path("path_unlink_file", "f"), Errno::kNoent);
  EXPECT_EQ(guest().path("path_unlink_file", "f/"), Errno::kNoent);
}

TEST_P(PathTest, RenameMovesAndReplaces) {
  folder_.write("a", "A");
  folder_.write("b", "B");
  EXPECT_EQ(guest().path("path_create_directory", "d"), Errno::kSuccess);
  EXPECT_EQ(rename("a", "b"), Errno::kSuccess);
  EXPECT_EQ(folder_.read("b"), "A");
  EXPECT_EQ(rename("b", "d/c"), Errno::kSuccess);
  EXPECT_EQ(folder_.read("d/c"), "A");
  EXPECT_EQ(rename("none", "x"), Errno::kNoent);
  EXPECT_EQ(rename("d", "d/e"), Errno::kInval);
  EXPECT_EQ(rename("d/c", "x/"), Errno::kNotdir);
  EXPECT_EQ(rename("d/c/", "x"), Errno::kNotdir);
  EXPECT_EQ(rename("d/", "e/"), Errno::kSuccess);
  const U32 e = guest().openFolder("e");
  EXPECT_EQ(rename("c", "f", e, kFolder), Errno::kSuccess);
  EXPECT_EQ(folder_.read("f"), "A");
  EXPECT_EQ(rename("f", "e"), Errno::kIsdir);
  EXPECT_EQ(rename("f", "x", kFolder, 99), Errno::kBadf);
}

TEST_P(PathTest, LinksNameOneFileTwice) {
  folder_.write("a", "text");
  EXPECT_EQ(link("a", "b"), Errno::kSuccess);
  EXPECT_EQ(stat("b").ino, stat("a").ino);
  EXPECT_EQ(stat("a").nlink, 2);
  EXPECT_EQ(link("a", "b"), Errno::kExist);
  EXPECT_EQ(link("none", "c"), Errno::kNoent);
  EXPECT_EQ(link("a", "c/"), Errno::kNoent);
  EXPECT_EQ(link("a", "b/"), Errno::kExist);
  EXPECT_EQ(link("a/", "c"), Errno::kNotdir);
  EXPECT_EQ(link("a", "c", 2), Errno::kInval);
  EXPECT_EQ(guest().path("path_create_directory", "d"), Errno::kSuccess);
  EXPECT_EQ(link("d", "c"), Errno::kPerm);
}

TEST_P(PathTest, ALinkCanBeMadeToWhatASymbolicLinkLeadsTo) {
  folder_.write("f", "text");
  EXPECT_EQ(guest().path("path_create_directory", "d"), Errno::kSuccess);
  EXPECT_EQ(symlink("../f", "d/first"), Errno::kSuccess);
  EXPECT_EQ(symlink("d/first", "second"), Errno::kSuccess);
  EXPECT_EQ(link("second", "itself"), Errno::kSuccess);
  EXPECT_EQ(stat("itself").ino, stat("second").ino) << "not followed";
  EXPECT_EQ(link("second", "d/hard", kLookupSymlinkFollow), Errno::kSuccess);
  EXPECT_EQ(stat("d/hard").ino, stat("f").ino);
  EXPECT_EQ(link("f", "plain", kLookupSymlinkFollow), Errno::kSuccess);
  EXPECT_EQ(stat("f").nlink, 3);

  EXPECT_EQ(symlink("nowhere", "dangling"), Errno::kSuccess);
  EXPECT_EQ(symlink("loop", "loop"), Errno::kSuccess);
  EXPECT_EQ(symlink("../outside", "escape"), Errno::kSuccess);
  EXPECT_EQ(symlink("d", "folder"), Errno::kSuccess);
  std::filesystem::create_symlink("/etc/passwd", folder_.path() / "absolute");
  EXPECT_EQ(link("dangling", "new", kLookupSymlinkFollow), Errno::kNoent);
  EXPECT_EQ(link("loop", "new", kLookupSymlinkFollow), Errno::kLoop);
  EXPECT_EQ(link("escape", "new", kLookupSymlinkFollow), Errno::kNotcapable);
  EXPECT_EQ(link("absolute", "new", kLookupSymlinkFollow), Errno::kNotcapable);
  EXPECT_EQ(link("folder", "new", kLookupSymlinkFollow), Errno::kPerm);
  EXPECT_FALSE(exists("new"));
}

TEST_P(PathTest, SymbolicLinksAreReadAndFollowed) {
  folder_.write("f", "text");
  EXPECT_EQ(guest().path("path_create_directory", "d"), Errno::kSuccess);
  EXPECT_EQ(symlink("../f", "d/link"), Errno::kSuccess);
  EXPECT_EQ(readlink("d/link"), Errno::kSuccess);
  EXPECT_EQ(linked(), "../f");
  EXPECT_EQ(guest().read(guest().open("d/link")), "text");
  EXPECT_EQ(stat("d/link").filetype, static_cast<U64>(Filetype::kSymbolicLink));
  EXPECT_EQ(stat("d/link", kLookupSymlinkFollow).filetype,
            static_cast<U64>(Filetype::kRegularFile));
  EXPECT_EQ(guest().tryOpen("d/link", 0, rights::kFdRead, kFolder, 0), Errno::kLoop)
      << "not to be followed";
  EXPECT_EQ(symlink("x", "d/link"), Errno::kExist);
  EXPECT_EQ(symlink("x", "d/link/"), Errno::kExist);
  EXPECT_EQ(symlink("x", "new/"), Errno::kNoent);
  EXPECT_EQ(symlink("", "new"), Errno::kNoent);
  EXPECT_EQ(symlink(std::string_view("a\0b", 3), "new"), Errno::kInval);
  EXPECT_EQ(symlink("/etc", "new"), Errno::kNotcapable);
  EXPECT_EQ(symlink(std::string(kPathBytesMax, 'x'), "new"), Errno::kNametoolong);

  // A link to a folder is followed in the middle of a path, and where a slash is behind it.
  EXPECT_EQ(symlink("d", "to_d"), Errno::kSuccess);
  EXPECT_EQ(guest().read(guest().open("to_d/link")), "text");
  EXPECT_EQ(guest().tryOpen("to_d/", kOflagsDirectory), Errno::kSuccess);
  EXPECT_EQ(stat("to_d/").filetype, static_cast<U64>(Filetype::kDirectory));
  EXPECT_EQ(readlink("to_d/"), Errno::kInval);
  EXPECT_EQ(guest().path("path_remove_directory", "to_d"), Errno::kNotdir);
  EXPECT_EQ(guest().path("path_unlink_file", "to_d"), Errno::kSuccess);
  EXPECT_TRUE(exists("d"));
}

TEST_P(PathTest, ReadlinkFillsWhatThereIs) {
  EXPECT_EQ(symlink("target", "link"), Errno::kSuccess);
  EXPECT_EQ(readlink("link", 3), Errno::kSuccess);
  EXPECT_EQ(linked(), "tar");
  EXPECT_EQ(readlink("link", 0), Errno::kSuccess);
  EXPECT_EQ(linked(), "");
  folder_.write("f", "");
  EXPECT_EQ(readlink("f"), Errno::kInval);
  EXPECT_EQ(readlink("f", 0), Errno::kInval);
  EXPECT_EQ(readlink("."), Errno::kInval);
  EXPECT_EQ(readlink("none"), Errno::kNoent);
}

TEST_P(PathTest, DanglingAndCircularLinks) {
  EXPECT_EQ(symlink("none", "dangling"), Errno::kSuccess);
  EXPECT_EQ(guest().tryOpen("dangling"), Errno::kNoent);
  EXPECT_EQ(tryStat("dangling", kLookupSymlinkFollow), Errno::kNoent);
  EXPECT_EQ(guest().tryOpen("dangling", kOflagsCreat | kOflagsExcl, rights::kFdWrite),
            Errno::kExist);
  EXPECT_EQ(guest().tryOpen("dangling", kOflagsCreat, rights::kFdWrite), Errno::kSuccess);
  EXPECT_TRUE(exists("none")) << "made through the link";
  EXPECT_EQ(symlink("b", "a"), Errno::kSuccess);
  EXPECT_EQ(symlink("a", "b"), Errno::kSuccess);
  EXPECT_EQ(guest().tryOpen("a"), Errno::kLoop);
  EXPECT_EQ(guest().tryOpen("a/x"), Errno::kLoop);
  EXPECT_EQ(tryStat("a"), Errno::kSuccess);
}

TEST_P(PathTest, PathsAreResolvedComponentByComponent) {
  EXPECT_EQ(guest().path("path_create_directory", "d"), Errno::kSuccess);
  folder_.write("d/f", "x");
  for (const char* path : {"d/f", "./d/./f", "d//f", "d/../d/f", "d/.././d//../d/f"}) {
    EXPECT_EQ(guest().tryOpen(path), Errno::kSuccess) << path;
    EXPECT_EQ(tryStat(path), Errno::kSuccess) << path;
  }
  for (const char* path : {"d", "d/", "d/.", "d/..", "d/../", ".", "./", "d/../d/./"}) {
    EXPECT_EQ(guest().tryOpen(path, kOflagsDirectory), Errno::kSuccess) << path;
    EXPECT_EQ(stat(path).filetype, static_cast<U64>(Filetype::kDirectory)) << path;
  }
  for (const char* path : {"d/f/", "d/f/.", "d/f/..", "d/f/../f"}) {
    EXPECT_EQ(guest().tryOpen(path), Errno::kNotdir) << path;
    EXPECT_EQ(tryStat(path), Errno::kNotdir) << path;
  }
  EXPECT_EQ(guest().tryOpen("none/../d/f"), Errno::kNoent);
  EXPECT_EQ(guest().tryOpen("new/", kOflagsCreat, rights::kFdWrite), Errno::kIsdir);
  EXPECT_FALSE(exists("new"));
}

TEST_P(PathTest, TimesOfPathsAreSet) {
  folder_.write("f", "");
  EXPECT_EQ(symlink("f", "link"), Errno::kSuccess);
  const U32 both = kFstflagsAtim | kFstflagsMtim;
  EXPECT_EQ(setTimes("f", 1000, 2000, both), Errno::kSuccess);
  EXPECT_EQ(stat("f").atim, 1000);
  EXPECT_EQ(stat("f").mtim, 2000);
  EXPECT_EQ(setTimes("link", 3000, 4000, both), Errno::kSuccess);
  EXPECT_EQ(stat("link").mtim, 4000);
  EXPECT_EQ(stat("f").mtim, 2000) << "the link's own";
  EXPECT_EQ(setTimes("link", 5000, 6000, both, kLookupSymlinkFollow), Errno::kSuccess);
  EXPECT_EQ(stat("f").mtim, 6000);
  EXPECT_EQ(setTimes("f", 0, 0, 3), Errno::kInval);
  EXPECT_EQ(setTimes("none", 0, 0, both), Errno::kNoent);
}

TEST_P(PathTest, RemovedFoldersAreEmpty) {
  EXPECT_EQ(guest().path("path_create_directory", "d"), Errno::kSuccess);
  const U32 d = guest().openFolder("d");
  EXPECT_EQ(guest().path("path_remove_directory", "d"), Errno::kSuccess);
  EXPECT_EQ(guest().tryOpen("f", kOflagsCreat, rights::kFdWrite, d), Errno::kNoent);
}

INSTANTIATE_TEST_SUITE_P(Kernels, PathTest,
                         testing::Values(Kernel::kHasOpenat2, Kernel::kLacksOpenat2,
                                         Kernel::kFiltersOpenat2),
                         kernelName);

}  // namespace
}  // namespace wagi::wasi
