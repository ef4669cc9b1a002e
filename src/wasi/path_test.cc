// Paths and what they name: opening, making, removing, renaming, linking, listing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "wasi/folder_testing.h"
#include "wasi/limits.h"

namespace wagi::wasi {
namespace {

using testing::IsSupersetOf;
using testing::UnorderedElementsAre;

class PathTest : public FolderTest {
 protected:
  struct Entry {
    std::string name;
    Filetype type;
    U64 ino;
    U64 next;
  };
  // One call of fd_readdir: its whole entries. What it wrote is in used_.
  std::vector<Entry> list(U32 fd, U64 cookie, U32 length = kListBytes) {
    EXPECT_EQ(guest().call("fd_readdir", {fd, kList, length, cookie, 0}), Errno::kSuccess);
    used_ = guest().load<U32>(0);
    std::vector<Entry> entries;
    for (U32 at = 0; at + sizeof(Dirent) <= used_;) {
      const auto head = guest().load<Dirent>(kList + at);
      at += sizeof(Dirent);
      if (at + head.namlen > used_) break;
      entries.push_back({guest().text(kList + at, head.namlen), static_cast<Filetype>(head.type),
                         head.ino, head.next});
      at += head.namlen;
    }
    return entries;
  }
  std::vector<std::string> names(U32 fd) {
    std::vector<std::string> result;
    for (const Entry& entry : list(fd, 0)) result.push_back(entry.name);
    return result;
  }

  static constexpr U32 kList = 128 << 10;
  static constexpr U32 kListBytes = 64 << 10;
  U32 used_ = 0;
};

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

TEST_P(PathTest, RightsComeFromTheFolder) {
  EXPECT_EQ(guest().path("path_create_directory", "d"), Errno::kSuccess);
  EXPECT_EQ(
      guest().call("path_open", {kFolder, 0, guest().put("d"), 1, kOflagsDirectory,
                                 rights::kPathOpen | rights::kFdReaddir, rights::kFdRead, 0, 0}),
      Errno::kSuccess);
  const U32 d = guest().load<U32>(0);
  EXPECT_EQ(guest().path("path_create_directory", "e", d), Errno::kNotcapable);
  EXPECT_EQ(guest().tryOpen("f", kOflagsCreat, rights::kFdWrite, d), Errno::kNotcapable);
  EXPECT_EQ(guest().tryOpen("f", kOflagsTrunc, rights::kFdWrite, d), Errno::kNotcapable);
  EXPECT_EQ(guest().path("path_unlink_file", "f", d), Errno::kNotcapable);
  folder_.write("d/f", "text");
  const U32 f = guest().open("f", 0, rights::kFile, d);
  EXPECT_EQ(guest().read(f), "text");
  EXPECT_EQ(guest().call("fd_write", {f, 0, 0, 0}), Errno::kBadf) << "not passed on";
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
  EXPECT_THAT(names(kFolder), UnorderedElementsAre(".", "..", "d"));
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
  EXPECT_EQ(link("a", "c", kLookupSymlinkFollow), Errno::kInval);
  EXPECT_EQ(guest().path("path_create_directory", "d"), Errno::kSuccess);
  EXPECT_EQ(link("d", "c"), Errno::kPerm);
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

  // A link to a folder is one in the middle of a path, and with a slash behind it.
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

TEST_P(PathTest, ListingGivesEveryNameWithItsType) {
  folder_.write("file", "");
  EXPECT_EQ(guest().path("path_create_directory", "folder"), Errno::kSuccess);
  EXPECT_EQ(symlink("file", "link"), Errno::kSuccess);
  const auto entries = list(kFolder, 0);
  EXPECT_LT(used_, kListBytes) << "the end";
  EXPECT_THAT(names(kFolder), UnorderedElementsAre(".", "..", "file", "folder", "link"));
  for (const Entry& entry : entries) {
    const Filetype expected = entry.name == "file"   ? Filetype::kRegularFile
                              : entry.name == "link" ? Filetype::kSymbolicLink
                                                     : Filetype::kDirectory;
    EXPECT_EQ(entry.type, expected) << entry.name;
    // The folder that holds a preopen is none of the guest's business.
    const std::string named = entry.name == ".." ? "." : entry.name;
    EXPECT_EQ(entry.ino, stat(named).ino) << entry.name;
  }
  const U32 folder = guest().openFolder("folder");
  EXPECT_THAT(names(folder), UnorderedElementsAre(".", ".."));
  for (const Entry& entry : list(folder, 0)) {
    EXPECT_EQ(entry.ino, stat(entry.name == ".." ? "." : "folder").ino);
  }
}

TEST_P(PathTest, ListingGoesOnFromEachCookie) {
  std::set<std::string> expected{".", ".."};
  for (int i = 0; i < 300; ++i) {
    expected.insert("a-name-of-some-length-" + std::to_string(i));
    folder_.write("a-name-of-some-length-" + std::to_string(i), "");
  }
  for (const U32 length : {64u, 200u, 4096u, kListBytes}) {
    std::set<std::string> found;
    U64 cookie = 0;
    do {
      const auto entries = list(kFolder, cookie, length);
      for (const Entry& entry : entries) {
        EXPECT_TRUE(found.insert(entry.name).second) << entry.name;
      }
      if (!entries.empty()) cookie = entries.back().next;
    } while (used_ == length);
    EXPECT_EQ(found, expected) << length;
  }
  // From any entry a listing gives those behind it.
  const auto all = list(kFolder, 0);
  const auto tail = list(kFolder, all[100].next);
  ASSERT_EQ(tail.size(), all.size() - 101);
  EXPECT_EQ(tail.front().name, all[101].name);
}

TEST_P(PathTest, AListingIsStableWhileNamesComeAndGo) {
  for (int i = 0; i < 200; ++i) folder_.write("f" + std::to_string(i), "");
  std::set<std::string> found;
  U64 cookie = 0;
  do {
    const auto entries = list(kFolder, cookie, 300);
    for (const Entry& entry : entries) {
      EXPECT_TRUE(found.insert(entry.name).second) << "twice: " << entry.name;
      if (entry.name.starts_with("f")) {
        EXPECT_EQ(guest().path("path_unlink_file", entry.name), Errno::kSuccess);
      }
    }
    if (!entries.empty()) cookie = entries.back().next;
  } while (used_ == 300);
  EXPECT_EQ(found.size(), 202) << "removing what was listed hides nothing";
}

TEST_P(PathTest, AListingCutsItsLastEntry) {
  folder_.write("name", "");
  const auto whole = list(kFolder, 0);
  for (U32 length = 0; length < 100; ++length) {
    const auto entries = list(kFolder, 0, length);
    EXPECT_LE(used_, length);
    if (used_ < length) {
      EXPECT_EQ(entries.size(), 3);
    }
    for (std::size_t i = 0; i < entries.size(); ++i) EXPECT_EQ(entries[i].name, whole[i].name);
  }
  EXPECT_EQ(list(kFolder, 0, 24).size(), 0);
  EXPECT_EQ(guest().load<Dirent>(kList).namlen, whole[0].name.size()) << "the head says how much";
}

TEST_P(PathTest, ListingsOfInstancesDoNotDisturbEachOther) {
  for (int i = 0; i < 50; ++i) folder_.write("f" + std::to_string(i), "");
  Guest other(world_);
  const auto first = list(kFolder, 0, 400);
  EXPECT_EQ(other.call("fd_readdir", {kFolder, kList, 60 << 10, 0, 0}), Errno::kSuccess);
  const auto second = list(kFolder, first.back().next, 400);
  EXPECT_NE(first.back().name, second.front().name);
  EXPECT_EQ(second.front().name, list(kFolder, 0)[first.size()].name);
}

TEST_P(PathTest, ListingIsLimited) {
  Guest guest(world_, R"((module
      (import "wasi_snapshot_preview1" "fd_readdir"
        (func $list (param i32 i32 i32 i64 i32) (result i32)))
      (memory (export "memory") 100)
      (func (export "list") (param i32) (result i32)
        (call $list (i32.const 3) (i32.const 8) (local.get 0) (i64.const 0) (i32.const 0)))))");
  EXPECT_EQ(guest.call("list", {kReaddirBytesMax}), Errno::kSuccess);
  EXPECT_EQ(guest.call("list", {kReaddirBytesMax + 1}), Errno::kInval);
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
