// Tests fd_readdir: every name once, from any cookie, whatever is made and removed meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "guest/wasi/folder_testing.h"
#include "guest/wasi/limits.h"

namespace wagi::wasi {
namespace {

using testing::UnorderedElementsAre;

class ListingTest : public FolderTest {
 protected:
  struct Entry {
    std::string name;
    Filetype type;
    U64 ino;
    U64 next;
  };
  // Makes one call of fd_readdir; returns its whole entries, and sets used_.
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

TEST_P(ListingTest, GivesEveryNameWithItsType) {
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
    // ".." has the folder's own inode, since the folder above is none of the guest's business.
    const std::string named = entry.name == ".." ? "." : entry.name;
    EXPECT_EQ(entry.ino, stat(named).ino) << entry.name;
  }
  const U32 folder = guest().openFolder("folder");
  EXPECT_THAT(names(folder), UnorderedElementsAre(".", ".."));
  for (const Entry& entry : list(folder, 0)) {
    EXPECT_EQ(entry.ino, stat("folder").ino) << entry.name;
  }
  const U32 again = guest().openFolder(".");
  for (const Entry& entry : list(again, 0)) {
    if (entry.name != "..") continue;
    EXPECT_EQ(entry.ino, stat(".").ino) << "not the volume's parent";
  }
}

TEST_P(ListingTest, GoesOnFromEachCookie) {
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
  // A listing from any entry's cookie gives the entries behind it.
  const auto all = list(kFolder, 0);
  const auto tail = list(kFolder, all[100].next);
  ASSERT_EQ(tail.size(), all.size() - 101);
  EXPECT_EQ(tail.front().name, all[101].name);
}

TEST_P(ListingTest, IsStableWhileNamesComeAndGo) {
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

// telldir and seekdir of a 32-bit libc have cookies as a `long`.
TEST_P(ListingTest, CookiesAreSmallAndStay) {
  for (int i = 0; i < 100; ++i) folder_.write("f" + std::to_string(i), "");
  const auto all = list(kFolder, 0);
  ASSERT_EQ(all.size(), 102);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].next, i + 1);
  // Cookies work in any order, and whatever was listed meanwhile.
  for (std::size_t i = all.size() - 1; i > 0; --i) {
    const auto one = list(kFolder, all[i - 1].next, 64);
    ASSERT_FALSE(one.empty());
    EXPECT_EQ(one.front().name, all[i].name);
    EXPECT_EQ(one.front().next, all[i].next);
  }
  EXPECT_TRUE(list(kFolder, all.back().next).empty());
  // A folder that is opened again counts its cookies from 1.
  const U32 again = guest().openFolder(".");
  EXPECT_EQ(guest().call("fd_readdir", {again, kList, 64, 5, 0}), Errno::kInval);
  EXPECT_EQ(list(again, 0, 64).front().next, 1);
}

TEST_P(ListingTest, ACookieStaysRightWhateverIsRemoved) {
  for (int i = 0; i < 100; ++i) folder_.write("f" + std::to_string(i), "");
  const auto all = list(kFolder, 0);
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % 3 == 0 || !all[i].name.starts_with("f")) {
      kept.push_back(all[i].name);
    } else {
      EXPECT_EQ(guest().path("path_unlink_file", all[i].name), Errno::kSuccess);
    }
  }
  EXPECT_EQ(names(kFolder), kept);
  for (std::size_t i = 0, next = 0; i < all.size(); ++i) {
    if (next < kept.size() && all[i].name == kept[next]) ++next;
    const auto rest = list(kFolder, all[i].next);
    ASSERT_EQ(rest.size(), kept.size() - next) << i;
    if (!rest.empty()) {
      EXPECT_EQ(rest.front().name, kept[next]);
    }
  }
}

TEST_P(ListingTest, ACookieThatWasNotGivenIsRefused) {
  for (const U64 cookie : {U64{1}, U64{3}, U64{1} << 40}) {
    EXPECT_EQ(guest().call("fd_readdir", {kFolder, kList, 100, cookie, 0}), Errno::kInval);
  }
  const U64 end = list(kFolder, 0).back().next;
  EXPECT_EQ(guest().call("fd_readdir", {kFolder, kList, 100, end, 0}), Errno::kSuccess);
  EXPECT_EQ(guest().call("fd_readdir", {kFolder, kList, 100, end + 1, 0}), Errno::kInval);
}

// Past the limit on small cookies a guest gets large ones, from which every listing goes on as
// well.
TEST_P(ListingTest, SmallCookiesAreLimited) {
  constexpr int kFiles = 500;
  constexpr U64 kSmallMax = kCookiesMax;
  for (int i = 0; i < kFiles; ++i) folder_.write("f" + std::to_string(i), "");
  std::vector<U32> folders;
  for (std::size_t kept = 0; kept + kFiles + 2 <= kCookiesMax; kept += kFiles + 2) {
    guest().reset();
    folders.push_back(guest().openFolder("."));
    EXPECT_LE(list(folders.back(), 0).back().next, kSmallMax);
  }
  const U32 last = guest().openFolder(".");
  for (const U32 length : {64u, 4096u, kListBytes}) {
    std::set<std::string> found;
    U64 cookie = 0;
    do {
      const auto entries = list(last, cookie, length);
      for (const Entry& entry : entries) EXPECT_TRUE(found.insert(entry.name).second);
      if (!entries.empty()) cookie = entries.back().next;
    } while (used_ == length);
    EXPECT_EQ(found.size(), kFiles + 2);
    EXPECT_GT(cookie, kSmallMax);
  }
  // A closed descriptor's cookies are free again.
  EXPECT_EQ(guest().call("fd_close", {folders.back()}), Errno::kSuccess);
  EXPECT_EQ(guest().call("fd_close", {last}), Errno::kSuccess);
  EXPECT_EQ(list(guest().openFolder("."), 0).back().next, kFiles + 2);
}

TEST_P(ListingTest, CutsItsLastEntry) {
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

TEST_P(ListingTest, InstancesDoNotDisturbEachOther) {
  for (int i = 0; i < 50; ++i) folder_.write("f" + std::to_string(i), "");
  Guest other(world_);
  const auto first = list(kFolder, 0, 400);
  EXPECT_EQ(other.call("fd_readdir", {kFolder, kList, 60 << 10, 0, 0}), Errno::kSuccess);
  const auto second = list(kFolder, first.back().next, 400);
  EXPECT_NE(first.back().name, second.front().name);
  EXPECT_EQ(second.front().name, list(kFolder, 0)[first.size()].name);
}

TEST_P(ListingTest, IsLimited) {
  Guest guest(world_, R"((module
      (import "wasi_snapshot_preview1" "fd_readdir"
        (func $list (param i32 i32 i32 i64 i32) (result i32)))
      (memory (export "memory") 100)
      (func (export "list") (param i32) (result i32)
        (call $list (i32.const 3) (i32.const 8) (local.get 0) (i64.const 0) (i32.const 0)))))");
  EXPECT_EQ(guest.call("list", {kReaddirBytesMax}), Errno::kSuccess);
  EXPECT_EQ(guest.call("list", {kReaddirBytesMax + 1}), Errno::kInval);
}

INSTANTIATE_TEST_SUITE_P(Kernels, ListingTest, testing::Values(Kernel::kHasOpenat2), kernelName);

}  // namespace
}  // namespace wagi::wasi
