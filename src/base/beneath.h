// Opens files beneath a folder, and never outside. Every path that a stranger chose is opened here.
//
// The kernel resolves the path: openat2(2) with RESOLVE_BENEATH fails where a "..", a symbolic link
// or a race against a rename would lead out. Where the kernel can't, a walk of our own does
// (walk.h).
#pragma once

#include <sys/types.h>

#include <expected>
#include <string>

#include "base/unique_fd.h"

struct open_how;

namespace wagi {

// How often an openat2 is tried that loses races against renames, before the walk replaces it.
inline constexpr int kOpenAttemptsMax = 16;

// The kernel's openat2(2); an interface, so that tests decide how old the kernel is and which races
// it loses.
class Openat2 {
 public:
  virtual ~Openat2() = default;
  // Returns a descriptor, or a negative errno; -ENOSYS where the kernel lacks the call.
  [[nodiscard]] virtual int openat2(int directory, const char* path, const open_how& how);
};

// Opens `path` beneath `directory`. `flags` and `mode` are those of open(2); O_NOFOLLOW holds for
// the last component only. The descriptor is closed on exec and controls no terminal. The error is
// an errno, EXDEV where the path leads out.
[[nodiscard]] std::expected<UniqueFd, int> openBeneath(Openat2& kernel, int directory,
                                                       const std::string& path, int flags,
                                                       mode_t mode = 0);

}  // namespace wagi
