// What openat2(2) with RESOLVE_BENEATH does, for a kernel before 5.6: one component after the
// other.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string_view>

namespace wagi {

// A path with its NUL, as the kernel's PATH_MAX; past it ENAMETOOLONG.
inline constexpr std::size_t kPathBytesMax = 4096;
// Symbolic links in one path, as in the kernel; past it ELOOP.
inline constexpr std::size_t kSymlinksMax = 40;
// How deep a path may lead, a descriptor a level; past it ENAMETOOLONG.
inline constexpr std::size_t kWalkDepthMax = 64;

// A descriptor, or a negative errno; -EXDEV where the path leads out of `directory`. `flags` and
// `mode` as for open(2). No component is ever opened through a symbolic link: each link is read and
// what it says is walked in its place, and ".." goes back to where the walk came from, so a rename
// meanwhile can't lead out.
[[nodiscard]] int walkBeneath(int directory, std::string_view path, int flags, mode_t mode);

}  // namespace wagi
