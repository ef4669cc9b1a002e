#include "guest/wasi/call_cases.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>

namespace wagi::wasi {
namespace {

using U32 = std::uint32_t;
using U64 = std::uint64_t;

constexpr U64 kFolder = CaseWorld::kFolder, kFile = CaseWorld::kFile;
// Addresses of names, which have four bytes each.
constexpr U64 kName = 16, kNew = 32, kLink = 48, kEmptyFolder = 52;
constexpr U64 kIovec = 64, kSubscription = 80;
constexpr U64 kOut = 512, kOut2 = 600;  // Addresses for results.
constexpr std::string_view kContent = "content", kInput = "input";

}  // namespace

std::vector<CallCase> callCases(Abi abi) {
  const U32 stat = abi == Abi::kSnapshot0 ? sizeof(Filestat0) : sizeof(Filestat);
  const U32 subscription = abi == Abi::kSnapshot0 ? sizeof(Subscription0) : sizeof(Subscription);
  std::vector<CallCase> cases{
      {"args_get", {kOut, kOut2}, {{0, 4, {}, {}}, {1, 4, {}, {}}}},
      {"args_sizes_get", {kOut, kOut2}, {{0, 4, {}, {}}, {1, 4, {}, {}}}},
      {"environ_get", {kOut, kOut2}, {{0, 4, {}, {}}, {1, 4, {}, {}}}},
      {"environ_sizes_get", {kOut, kOut2}, {{0, 4, {}, {}}, {1, 4, {}, {}}}},
      {"clock_res_get", {0, kOut}, {{1, 8, {}, {}}}},
      {"clock_time_get", {0, 0, kOut}, {{2, 8, {}, {}}}},
      {"fd_advise", {kFile, 0, 1, 0}, {}},
      {"fd_allocate", {kFile, 0, 1}, {}},
      {"fd_close", {kFile}, {}},
      {"fd_datasync", {kFile}, {}},
      {"fd_fdstat_get", {kFile, kOut}, {{1, sizeof(Fdstat), {}, {}}}},
      {"fd_fdstat_set_flags", {kFile, 0}, {}},
      {"fd_fdstat_set_rights", {kFile, 0, 0}, {}},
      {"fd_filestat_get", {kFile, kOut}, {{1, stat, {}, {}}}},
      {"fd_filestat_get", {1, kOut}, {{1, stat, {}, {}}}},
      {"fd_filestat_set_size", {kFile, 1}, {}},
      {"fd_filestat_set_times", {kFile, 0, 0, 0}, {}},
      {"fd_pread", {kFile, kIovec, 1, 0, kOut}, {{1, 8, {}, 2}, {4, 4, {}, {}}}},
      {"fd_prestat_get", {kFolder, kOut}, {{1, sizeof(Prestat), {}, {}}}},
      {"fd_prestat_dir_name", {kFolder, kOut, 5}, {{1, 5, {}, {}}}},
      {"fd_pwrite", {kFile, kIovec, 1, 0, kOut}, {{1, 8, {}, 2}, {4, 4, {}, {}}}},
      {"fd_read", {kFile, kIovec, 1, kOut}, {{1, 8, {}, 2}, {3, 4, {}, {}}}},
      {"fd_read", {0, kIovec, 1, kOut}, {{1, 8, {}, 2}, {3, 4, {}, {}}}},
      {"fd_readdir", {kFolder, kOut, 50, 0, kOut2}, {{1, 50, 2, {}}, {4, 4, {}, {}}}},
      {"fd_renumber", {kFile, kFile}, {}},
      {"fd_seek", {kFile, 0, 1, kOut}, {{3, 8, {}, {}}}},
      {"fd_sync", {kFile}, {}},
      {"fd_tell", {kFile, kOut}, {{1, 8, {}, {}}}},
      {"fd_write", {kFile, kIovec, 1, kOut}, {{1, 8, {}, 2}, {3, 4, {}, {}}}},
      {"fd_write", {1, kIovec, 1, kOut}, {{1, 8, {}, 2}, {3, 4, {}, {}}}},
      {"path_create_directory", {kFolder, kNew, 4}, {{1, 4, 2, {}}}},
      {"path_filestat_get", {kFolder, 0, kName, 4, kOut}, {{2, 4, 3, {}}, {4, stat, {}, {}}}},
      {"path_filestat_set_times", {kFolder, 0, kName, 4, 0, 0, 0}, {{2, 4, 3, {}}}},
      {"path_link", {kFolder, 0, kName, 4, kFolder, kNew, 4}, {{2, 4, 3, {}}, {5, 4, 6, {}}}},
      {"path_open",
       {kFolder, 0, kName, 4, 0, rights::kFdRead, 0, 0, kOut},
       {{2, 4, 3, {}}, {8, 4, {}, {}}}},
      {"path_open",
       {kFolder, 0, kNew, 4, kOflagsCreat, rights::kFdWrite, 0, 0, kOut},
       {{2, 4, 3, {}}, {8, 4, {}, {}}}},
      {"path_readlink",
       {kFolder, kLink, 4, kOut, 20, kOut2},
       {{1, 4, 2, {}}, {3, 20, 4, {}}, {5, 4, {}, {}}}},
      {"path_remove_directory", {kFolder, kEmptyFolder, 4}, {{1, 4, 2, {}}}},
      {"path_rename", {kFolder, kName, 4, kFolder, kNew, 4}, {{1, 4, 2, {}}, {4, 4, 5, {}}}},
      {"path_symlink", {kName, 4, kFolder, kNew, 4}, {{0, 4, 1, {}}, {3, 4, 4, {}}}},
      {"path_unlink_file", {kFolder, kName, 4}, {{1, 4, 2, {}}}},
      {"poll_oneoff",
       {kSubscription, kOut, 1, kOut2},
       {{0, subscription, {}, 2}, {1, sizeof(Event), {}, 2}, {3, 4, {}, {}}}},
      {"proc_raise", {0}, {}},
      {"random_get", {kOut, 16}, {{0, 16, 1, {}}}},
      // The other arguments aren't looked at, since the descriptor isn't a socket.
      {"sock_recv", {kFile, kIovec, 1, 0, kOut, kOut2}, {}, Errno::kNotsock},
      {"sock_send", {kFile, kIovec, 1, 0, kOut}, {}, Errno::kNotsock},
      {"sock_shutdown", {kFile, 0}, {}, Errno::kNotsock},
      {"sched_yield", {}, {}},
  };
  if (abi == Abi::kSnapshot1) {
    cases.push_back({"sock_accept", {kFile, 0, kOut}, {}, Errno::kNotsock});
  }
  return cases;
}

CaseWorld::CaseWorld() {
  folder.write("file", kContent);
  EXPECT_EQ(::symlinkat("file", opened.get(), "link"), 0);
  EXPECT_EQ(::mkdirat(opened.get(), "sub_", 0777), 0);
  world.arguments.add("arg");
  world.environment.add("K=V");
  world.in.add(kInput);
  world.preopens = {{"/data", opened.get(), false}};
}

void CaseWorld::prepare(Guest& guest) {
  const std::pair<U64, std::string_view> names[] = {
      {kName, "file"}, {kNew, "new_"}, {kLink, "link"}, {kEmptyFolder, "sub_"}};
  for (const auto& [at, name] : names) {
    for (U32 i = 0; i < name.size(); ++i) guest.store<char>(static_cast<U32>(at) + i, name[i]);
  }
  guest.store<Iovec>(kIovec, {static_cast<U32>(kOut2), 4});
  guest.store<Subscription0>(kSubscription, {});  // In either snapshot a time that has passed.
  ASSERT_EQ(guest.open("file"), kFile);
}

void CaseWorld::expectUntouched(Guest& guest) const {
  EXPECT_EQ(folder.read("file"), kContent);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 3);
  EXPECT_EQ(world.out.text, "");
  EXPECT_EQ(guest.open("file"), kFile + 1) << "no descriptor was left open";
  EXPECT_EQ(guest.read(kFile), kContent) << "the position is where it was";
  EXPECT_EQ(guest.read(0), kInput);
}

Errno callWith(Guest& guest, const CallCase& call, std::span<const U64> arguments) {
  auto state = guest.startWith(call.function, arguments);
  if (state == Guest::State::kSuspended && call.function == "sched_yield") state = guest.resume();
  EXPECT_EQ(state, Guest::State::kReturned) << call.function << ": " << guest.trap();
  if (state == Guest::State::kSuspended) guest.drop();
  return state == Guest::State::kReturned ? guest.result() : Errno::kIo;
}

}  // namespace wagi::wasi
