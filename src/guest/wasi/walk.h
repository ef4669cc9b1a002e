// What openat2(2) with RESOLVE_BENEATH does, for a kernel before 5.6: one component after the
// other.
#pragma once

#include <sys/types.h>

#include <string_view>

namespace wagi::wasi {

// A descriptor, or a negative errno; -EXDEV where the path leads out of `directory`. `flags` and
// `mode` as for open(2). No component is ever opened through a symbolic link: each link is read and
// what it says is walked in its place, and ".." goes back to where the walk came from, so a rename
// meanwhile can't lead out.
[[nodiscard]] int walkBeneath(int directory, std::string_view path, int flags, mode_t mode);

}  // namespace wagi::wasi
