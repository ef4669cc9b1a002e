// Files beneath a folder, and never outside: the one way to follow a path that a stranger chose.
//
// The kernel resolves: openat2(2) with RESOLVE_BENEATH fails where a "..", a symbolic link or a
// race against a rename would lead out. Where it can't, a walk of our own takes over (walk.h).
#pragma once

#include <sys/types.h>

#include <expected>
#include <string>

#include "base/unique_fd.h"

struct open_how;

namespace wagi {

// How often an openat2 that lost a race against a rename is tried again before the walk.
inline constexpr int kOpenAttemptsMax = 16;

// The kernel's call; a seam, so that tests decide how old the kernel is and which races it loses.
class Openat2 {
 public:
  virtual ~Openat2() = default;
  // A descriptor, or a negative errno; -ENOSYS where the kernel lacks it.
  [[nodiscard]] virtual int openat2(int directory, const char* path, const open_how& how);
};

// Opens `path` beneath `directory`; `flags` and `mode` as for open(2), O_NOFOLLOW for the last
// component only. The descriptor is closed on exec and controls no terminal. The error is an errno,
// EXDEV where the path leads out.
[[nodiscard]] std::expected<UniqueFd, int> openBeneath(Openat2& kernel, int directory,
                                                       const std::string& path, int flags,
                                                       mode_t mode = 0);

}  // namespace wagi
