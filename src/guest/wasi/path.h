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

// The path at `at`: UTF-8, neither empty nor absolute and without NUL. FAULT, NOENT, NOTCAPABLE
// (absolute), INVAL (NUL), NAMETOOLONG, ILSEQ.
[[nodiscard]] std::expected<std::string, Errno> pathAt(const Call& call, U32 at, U32 length);

// wagi::openBeneath() with a guest's errors: NOTCAPABLE where the path leads out.
[[nodiscard]] std::expected<UniqueFd, Errno> openBeneath(System& system, int directory,
                                                         const std::string& path, int flags,
                                                         mode_t mode = 0);

// The same for a regular file or a directory; where special files are refused, NXIO for anything
// else, which isn't opened to find out, and opening never blocks.
[[nodiscard]] std::expected<UniqueFd, Errno> openFileBeneath(System& system, int directory,
                                                             const std::string& path, int flags,
                                                             mode_t mode, SpecialFiles special);

// The path of what `path` leads to where its last component is a symbolic link, and so on: for a
// call that would follow links by itself, out of the sandbox. NOENT, LOOP, and as openBeneath().
[[nodiscard]] std::expected<std::string, Errno> followed(System& system, int directory,
                                                         std::string path);

// The folder of a path's last component.
struct Parent {
  UniqueFd opened;     // Empty where the path has one component.
  int directory = -1;  // `opened`, or the folder that the path began from.
  std::string name;
  bool slash = false;  // The path ended in '/': what it names must be a directory.
};

// `dots` is what a path that ends in "." or ".." fails with.
[[nodiscard]] std::expected<Parent, Errno> parentOf(System& system, int directory, std::string path,
                                                    Errno dots);

}  // namespace wagi::wasi
