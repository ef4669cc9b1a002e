// Restricts, irrevocably, which files this process can open, by Landlock (landlock(7)).
//
// Landlock binds the calling thread and those that it starts later, so a process restricts itself
// while it has one thread. It doesn't restrict opening with O_PATH, nor metadata; a descriptor that
// was open before stays usable.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"

namespace wagi::lockdown {

// A folder that stays usable, with everything below it; or one file, to read or write.
struct Folder {
  enum class Access : std::uint8_t {
    kRead,    // Reads files, lists folders.
    kWrite,   // Makes files and folders, and writes files; reads and removes nothing.
    kChange,  // Does both, and renames, links, truncates and removes. Executes nothing.
  };
  int fd = -1;  // Borrowed; O_PATH will do.
  Access access = Access::kRead;
};

// The version of Landlock's ABI that the kernel offers; 0 where it has no Landlock.
[[nodiscard]] int landlockAbi();

// The oldest ABI that is used: under ABI 1 no file can be moved between two folders.
inline constexpr int kLandlockAbiMin = 2;

enum class Network : std::uint8_t {
  kNone,  // Binds and connects no TCP socket (ABI 4).
  kTcp,   // Does as the kernel lets it.
};

// Leaves the calling thread only `folders` and `network`. It can then connect to no abstract Unix
// socket of a process outside, nor signal one (ABI 6). REQUIRES: landlockAbi() >= kLandlockAbiMin,
// and no_new_privs is set.
[[nodiscard]] Result<void> restrictFiles(std::span<const Folder> folders, Network network);

}  // namespace wagi::lockdown
