// Resolves a path component by component, as openat2(2) with RESOLVE_BENEATH does: for kernels
// before 5.6, and where renames keep openat2 from succeeding.
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

// Opens `path`; returns a descriptor, or a negative errno, -EXDEV where the path leads out of
// `directory`. `flags` and `mode` are those of open(2). No component is opened through a symbolic
// link: each link is read, and its target walked in its place. ".." goes back to the folder from
// which the walk came, so a rename meanwhile can't lead out.
[[nodiscard]] int walkBeneath(int directory, std::string_view path, int flags, mode_t mode);

}  // namespace wagi
