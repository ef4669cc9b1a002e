// A base for tests: a guest with one folder as its preopen 3, "/data", on a kernel with or without
// openat2.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "guest/wasi/guest_testing.h"

namespace wagi::wasi {

class FolderTest : public testing::TestWithParam<Kernel> {
 protected:
  FolderTest() {
    world_.system.kernel = GetParam();
    world_.preopens = {{"/data", opened_.get(), false}};
  }
  void SetUp() override { guest_.emplace(world_); }

  using U32 = std::uint32_t;
  using U64 = std::uint64_t;
  static constexpr U32 kFolder = 3;

  Guest& guest() { return *guest_; }
  Filestat stat(std::string_view path, U32 lookup = 0, U32 folder = kFolder) {
    EXPECT_EQ(tryStat(path, lookup, folder), Errno::kSuccess) << path;
    return guest().load<Filestat>(0);
  }
  Errno tryStat(std::string_view path, U32 lookup = 0, U32 folder = kFolder) {
    return guest().call("path_filestat_get", {folder, lookup, guest().put(path), path.size(), 0});
  }
  Errno rename(std::string_view from, std::string_view to, U32 from_folder = kFolder,
               U32 to_folder = kFolder) {
    return guest().call("path_rename", {from_folder, guest().put(from), from.size(), to_folder,
                                        guest().put(to), to.size()});
  }
  Errno link(std::string_view from, std::string_view to, U32 lookup = 0, U32 from_folder = kFolder,
             U32 to_folder = kFolder) {
    return guest().call("path_link", {from_folder, lookup, guest().put(from), from.size(),
                                      to_folder, guest().put(to), to.size()});
  }
  Errno symlink(std::string_view target, std::string_view path, U32 folder = kFolder) {
    return guest().call("path_symlink", {guest().put(target), target.size(), folder,
                                         guest().put(path), path.size()});
  }
  Errno readlink(std::string_view path, U32 length = 100) {
    return guest().call("path_readlink",
                        {kFolder, guest().put(path), path.size(), kLink, length, 0});
  }
  Errno setTimes(std::string_view path, U64 atim, U64 mtim, U32 flags, U32 lookup = 0,
                 U32 folder = kFolder) {
    return guest().call("path_filestat_set_times",
                        {folder, lookup, guest().put(path), path.size(), atim, mtim, flags});
  }
  // The target that readlink() found.
  std::string linked() { return guest().text(kLink, guest().load<U32>(0)); }
  bool exists(const std::string& name) {
    return std::filesystem::exists(std::filesystem::symlink_status(folder_.path() / name));
  }

  static constexpr U32 kLink = 200;
  TemporaryFolder folder_;
  UniqueFd opened_ = folder_.open();
  World world_;
  std::optional<Guest> guest_;
};

inline std::string kernelName(const testing::TestParamInfo<Kernel>& info) {
  switch (info.param) {
    case Kernel::kHasOpenat2:
      return "Openat2";
    case Kernel::kLacksOpenat2:
      return "Walk";
    case Kernel::kFiltersOpenat2:
      return "Filtered";
  }
  return "";
}

}  // namespace wagi::wasi
