// Every pointer of every function may point anywhere: what is outside memory is FAULT, and then
// nothing has been done.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wasi/guest_testing.h"

namespace wagi::wasi {
namespace {

using U32 = std::uint32_t;
using U64 = std::uint64_t;

constexpr U32 kEnd = Guest::kMemoryBytes;
constexpr U64 kFile = 4, kFolder = 3;             // Descriptors that the test has open.
constexpr U64 kName = 16, kNew = 32, kLink = 48;  // Addresses of names, four bytes each.
constexpr U64 kIovec = 64, kSubscription = 80;
constexpr U64 kOut = 512, kOut2 = 600;  // Room for results.

// A call that succeeds as it stands, and which of its arguments are pointers, with how many bytes
// are there.
struct Pointer {
  std::size_t argument;
  U32 bytes;
};
struct Case {
  std::string function;
  std::vector<U64> arguments;
  std::vector<Pointer> pointers;
};

std::vector<Case> cases() {
  return {
      {"args_get", {kOut, kOut2}, {{0, 4}, {1, 4}}},
      {"args_sizes_get", {kOut, kOut2}, {{0, 4}, {1, 4}}},
      {"environ_get", {kOut, kOut2}, {{0, 4}, {1, 4}}},
      {"environ_sizes_get", {kOut, kOut2}, {{0, 4}, {1, 4}}},
      {"clock_res_get", {0, kOut}, {{1, 8}}},
      {"clock_time_get", {0, 0, kOut}, {{2, 8}}},
      {"random_get", {kOut, 16}, {{0, 16}}},
      {"fd_fdstat_get", {kFile, kOut}, {{1, 24}}},
      {"fd_filestat_get", {kFile, kOut}, {{1, 64}}},
      {"fd_filestat_get", {1, kOut}, {{1, 64}}},
      {"fd_pread", {kFile, kIovec, 1, 0, kOut}, {{1, 8}, {4, 4}}},
      {"fd_prestat_get", {kFolder, kOut}, {{1, 8}}},
      {"fd_prestat_dir_name", {kFolder, kOut, 5}, {{1, 5}}},
      {"fd_pwrite", {kFile, kIovec, 1, 0, kOut}, {{1, 8}, {4, 4}}},
      {"fd_read", {kFile, kIovec, 1, kOut}, {{1, 8}, {3, 4}}},
      {"fd_read", {0, kIovec, 1, kOut}, {{1, 8}, {3, 4}}},
      {"fd_readdir", {kFolder, kOut, 50, 0, kOut2}, {{1, 50}, {4, 4}}},
      {"fd_seek", {kFile, 0, 0, kOut}, {{3, 8}}},
      {"fd_tell", {kFile, kOut}, {{1, 8}}},
      {"fd_write", {kFile, kIovec, 1, kOut}, {{1, 8}, {3, 4}}},
      {"fd_write", {1, kIovec, 1, kOut}, {{1, 8}, {3, 4}}},
      {"path_create_directory", {kFolder, kNew, 4}, {{1, 4}}},
      {"path_filestat_get", {kFolder, 0, kName, 4, kOut}, {{2, 4}, {4, 64}}},
      {"path_filestat_set_times", {kFolder, 0, kName, 4, 0, 0, 0}, {{2, 4}}},
      {"path_link", {kFolder, 0, kName, 4, kFolder, kNew, 4}, {{2, 4}, {5, 4}}},
      {"path_open", {kFolder, 0, kName, 4, 0, rights::kFdRead, 0, 0, kOut}, {{2, 4}, {8, 4}}},
      {"path_open",
       {kFolder, 0, kNew, 4, kOflagsCreat, rights::kFdWrite, 0, 0, kOut},
       {{2, 4}, {8, 4}}},
      {"path_readlink", {kFolder, kLink, 4, kOut, 20, kOut2}, {{1, 4}, {3, 20}, {5, 4}}},
      {"path_remove_directory", {kFolder, kNew, 4}, {{1, 4}}},
      {"path_rename", {kFolder, kName, 4, kFolder, kNew, 4}, {{1, 4}, {4, 4}}},
      {"path_symlink", {kName, 4, kFolder, kNew, 4}, {{0, 4}, {3, 4}}},
      {"path_unlink_file", {kFolder, kName, 4}, {{1, 4}}},
      {"poll_oneoff", {kSubscription, kOut, 1, kOut2}, {{0, 48}, {1, 32}, {3, 4}}},
  };
}

// Functions without a pointer to test: they take none, or look at none here.
bool takesNoPointer(std::string_view name) {
  for (const std::string_view other :
       {"fd_advise", "fd_allocate", "fd_close", "fd_datasync", "fd_fdstat_set_flags",
        "fd_fdstat_set_rights", "fd_filestat_set_size", "fd_filestat_set_times", "fd_renumber",
        "fd_sync", "proc_exit", "proc_raise", "sched_yield", "sock_accept", "sock_recv",
        "sock_send", "sock_shutdown"}) {
    if (other == name) return true;
  }
  return false;
}

class FaultsTest : public testing::Test {
 protected:
  FaultsTest() {
    folder_.write("file", "content");
    if (::symlinkat("file", opened_.get(), "link") != 0) std::abort();
    world_.arguments.add("arg");
    world_.environment.add("K=V");
    world_.in.add("input");
    world_.preopens = {{"/data", opened_.get(), false}};
  }

  // A guest with everything in place that the cases count on.
  void prepare(Guest& guest) {
    const std::pair<U64, std::string_view> names[] = {
        {kName, "file"}, {kNew, "new_"}, {kLink, "link"}};
    for (const auto& [at, name] : names) {
      for (U32 i = 0; i < 4; ++i) guest.store<char>(static_cast<U32>(at) + i, name[i]);
    }
    guest.store<Iovec>(kIovec, {static_cast<U32>(kOut2), 4});
    guest.store<Subscription>(kSubscription, {});
    ASSERT_EQ(guest.open("file"), kFile);
  }

  Errno call(Guest& guest, const Case& c) {
    switch (guest.startWith(c.function, c.arguments)) {
      case Guest::State::kReturned:
        return guest.result();
      case Guest::State::kSuspended:
        ADD_FAILURE() << c.function << " waits";
        return Errno::kIo;
      case Guest::State::kTrapped:
        ADD_FAILURE() << c.function << ": " << guest.trap();
    }
    return Errno::kIo;
  }

  TemporaryFolder folder_;
  UniqueFd opened_ = folder_.open();
  World world_;
};

TEST_F(FaultsTest, EveryFunctionIsCovered) {
  for (const auto& [name, parameters] : signatures()) {
    bool covered = takesNoPointer(name);
    for (const Case& c : cases()) covered |= c.function == name;
    EXPECT_TRUE(covered) << name;
  }
}

TEST_F(FaultsTest, EachCaseSucceedsAsItStands) {
  for (Case c : cases()) {
    TemporaryFolder folder;
    folder.write("file", "content");
    const UniqueFd opened = folder.open();
    ASSERT_EQ(::symlinkat("file", opened.get(), "link"), 0);
    if (c.function == "path_remove_directory") {
      ASSERT_EQ(::mkdirat(opened.get(), "new_", 0777), 0);
    }
    world_.preopens = {{"/data", opened.get(), false}};
    Guest guest(world_);
    prepare(guest);
    EXPECT_EQ(call(guest, c), Errno::kSuccess) << c.function;
  }
}

TEST_F(FaultsTest, APointerOutsideMemoryIsAFault) {
  Guest guest(world_);
  prepare(guest);
  for (const Case& c : cases()) {
    for (const auto& [argument, bytes] : c.pointers) {
      // Just too far, at the end, past it, and where adding the length wraps around 32 bits.
      for (const U32 at :
           {kEnd - bytes + 1, kEnd, kEnd + 1, 0x80000000u, 0u - bytes, 0xffffffffu}) {
        Case bad = c;
        bad.arguments[argument] = at;
        EXPECT_EQ(call(guest, bad), Errno::kFault) << c.function << ' ' << argument << ' ' << at;
      }
    }
  }
  // Nothing was done on the way to any of them.
  EXPECT_EQ(folder_.read("file"), "content");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 2);
  EXPECT_EQ(world_.out.text, "");
  EXPECT_EQ(guest.open("file"), kFile + 1) << "no descriptor was left open";
  EXPECT_EQ(guest.read(kFile), "content") << "the position is where it was";
  EXPECT_EQ(guest.read(0), "input");
}

TEST_F(FaultsTest, ABufferOutsideMemoryIsAFault) {
  Guest guest(world_);
  prepare(guest);
  const Iovec bad[] = {{kEnd, 1}, {kEnd - 1, 2}, {0xffffffff, 1}, {1, 0xffffffff}, {0, kEnd + 1}};
  for (const Iovec& buffer : bad) {
    const U32 iovecs = guest.iovecs({{kOut2, 4}, buffer});
    for (const U64 fd : {U64{0}, kFile}) {
      EXPECT_EQ(guest.call("fd_read", {fd, iovecs, 2, kOut}), Errno::kFault);
    }
    for (const U64 fd : {U64{1}, kFile}) {
      EXPECT_EQ(guest.call("fd_write", {fd, iovecs, 2, kOut}), Errno::kFault);
    }
    EXPECT_EQ(guest.call("fd_pread", {kFile, iovecs, 2, 0, kOut}), Errno::kFault);
    EXPECT_EQ(guest.call("fd_pwrite", {kFile, iovecs, 2, 0, kOut}), Errno::kFault);
  }
  EXPECT_EQ(folder_.read("file"), "content");
  EXPECT_EQ(world_.out.text, "");
  EXPECT_EQ(guest.read(0), "input");
}

}  // namespace
}  // namespace wagi::wasi
