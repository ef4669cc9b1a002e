// Landlock (landlock(7)): which files this process can still open, for good.
//
// Applies to the calling thread and what it starts from then on: a process that means all of itself
// has no other thread yet. Opening with O_PATH, and metadata, are not its business; what was open
// before stays usable.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"

namespace wagi::lockdown {

// A folder that stays usable, with everything below it.
struct Folder {
  enum class Access : std::uint8_t {
    kRead,    // Files are read and folders listed.
    kWrite,   // Files and folders are made, and files written; nothing is read or removed.
    kChange,  // All of that, and what is there is renamed, linked and removed. Never executed.
  };
  int fd = -1;  // Borrowed; O_PATH will do.
  Access access = Access::kRead;
};

// What the kernel offers: 0 for none, else its ABI version.
[[nodiscard]] int landlockAbi();

// The oldest version that is used: before it nothing can be moved between two folders.
inline constexpr int kLandlockAbiMin = 2;

// Leaves this thread those folders, no TCP connection or socket of its own making (ABI 4), and no
// signal to a process outside (ABI 6). REQUIRES: landlockAbi() >= kLandlockAbiMin, and no_new_privs
// is set.
[[nodiscard]] Result<void> restrictFiles(std::span<const Folder> folders);

}  // namespace wagi::lockdown
