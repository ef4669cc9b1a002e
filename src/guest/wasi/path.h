// From a path that a guest gives to a host file beneath one of its folders, and never outside
// (base/beneath.h). What takes a name rather than a descriptor (mkdirat, renameat...) is given the
// folder that was so opened and one last component that is neither "." nor ".." and has no slash.
#pragma once

#include <sys/types.h>

#include <expected>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "guest/wasi/functions.h"

namespace wagi::wasi {

// The path in the guest's memory. Fails with FAULT, NOENT (empty), NOTCAPABLE (absolute), INVAL
// (has a NUL), NAMETOOLONG or ILSEQ (isn't UTF-8).
[[nodiscard]] std::expected<std::string, Errno> pathAt(const Call& call, U32 at, U32 length);

// wagi::openBeneath() with a guest's errors: NOTCAPABLE where the path leads out.
[[nodiscard]] std::expected<UniqueFd, Errno> openBeneath(System& system, int directory,
                                                         const std::string& path, int flags,
                                                         mode_t mode = 0);

// Like openBeneath(), but where special files are refused, anything but a regular file or a
// directory is NXIO; it isn't opened to find out, and opening never blocks.
[[nodiscard]] std::expected<UniqueFd, Errno> openFileBeneath(System& system, int directory,
                                                             const std::string& path, int flags,
                                                             mode_t mode, SpecialFiles special);

// The path to which `path` leads when symbolic links as its last component are followed: for system
// calls that would follow them by themselves, out of the sandbox. Fails with NOENT, LOOP, and as
// openBeneath().
[[nodiscard]] std::expected<std::string, Errno> followed(System& system, int directory,
                                                         std::string path);

// The folder of a path's last component, and that component.
struct Parent {
  UniqueFd opened;     // Empty where the path has one component.
  int directory = -1;  // `opened`, or the folder in which the path begins.
  std::string name;
  bool slash = false;  // Whether the path ends in '/', so that it must be a directory's.
};

// Opens the folder of a path's last component. A path that ends in "." or ".." fails with `dots`.
[[nodiscard]] std::expected<Parent, Errno> parentOf(System& system, int directory, std::string path,
                                                    Errno dots);

}  // namespace wagi::wasi
