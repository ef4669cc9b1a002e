// Implements the calls that change a folder: making, removing, renaming and linking.
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/wasi/errno.h"
#include "guest/wasi/functions.h"
#include "guest/wasi/limits.h"
#include "guest/wasi/path.h"

namespace wagi::wasi {
namespace {

constexpr mode_t kCreateMode = 0777;  // The kernel applies the worker's umask.

// Whether a link as the last component is followed.
enum class Follow : std::uint8_t { kNo, kYes };

// The folder and name of (fd, path), if the descriptor has the right `needed`.
std::expected<Parent, Errno> locate(const Call& call, U32 fd, Rights needed, U32 path_at,
                                    U32 path_len, Errno dots, Follow follow = Follow::kNo) {
  const auto folder = call.fds().directory(fd, needed);
  if (!folder) return std::unexpected(folder.error());
  auto path = pathAt(call, path_at, path_len);
  if (path && follow == Follow::kYes) {
    path = followed(call.invocation().system, (*folder)->host(), std::move(*path));
  }
  if (!path) return std::unexpected(path.error());
  return parentOf(call.invocation().system, (*folder)->host(), std::move(*path), dots);
}

// The mode of the file with that name; a link isn't followed.
std::expected<mode_t, Errno> modeOf(const Parent& parent) {
  struct stat stat{};
  if (::fstatat(parent.directory, parent.name.c_str(), &stat, AT_SYMLINK_NOFOLLOW) < 0) {
    return std::unexpected(fromHost(errno));
  }
  return stat.st_mode;
}

// Fails where the path ends in a slash and doesn't name a directory. The kernel gets the name
// without the slash, with which it would follow a link out of the sandbox.
Errno checkDirectory(const Parent& parent) {
  const auto mode = modeOf(parent);
  if (!mode) return mode.error();
  return S_ISDIR(*mode) ? Errno::kSuccess : Errno::kNotdir;
}

// Fails where a new name for a file that isn't a directory ends in a slash.
Errno checkNewName(const Parent& parent) {
  if (!parent.slash) return Errno::kSuccess;
  return modeOf(parent) ? Errno::kExist : Errno::kNoent;
}

}  // namespace

Errno pathCreateDirectory(Call& call, U32 fd, U32 path, U32 path_len) {
  const auto parent = locate(call, fd, rights::kPathCreateDirectory, path, path_len, Errno::kExist);
  if (!parent) return parent.error();
  return outcome(::mkdirat(parent->directory, parent->name.c_str(), kCreateMode));
}

Errno pathRemoveDirectory(Call& call, U32 fd, U32 path, U32 path_len) {
  const auto parent = locate(call, fd, rights::kPathRemoveDirectory, path, path_len, Errno::kInval);
  if (!parent) return parent.error();
  return outcome(::unlinkat(parent->directory, parent->name.c_str(), AT_REMOVEDIR));
}

Errno pathUnlinkFile(Call& call, U32 fd, U32 path, U32 path_len) {
  const auto parent = locate(call, fd, rights::kPathUnlinkFile, path, path_len, Errno::kIsdir);
  if (!parent) return parent.error();
  if (parent->slash) {
    const Errno error = checkDirectory(*parent);
    return error == Errno::kSuccess ? Errno::kIsdir : error;
  }
  return outcome(::unlinkat(parent->directory, parent->name.c_str(), 0));
}

Errno pathRename(Call& call, U32 fd, U32 path, U32 path_len, U32 new_fd, U32 new_path,
                 U32 new_path_len) {
  const auto from = locate(call, fd, rights::kPathRenameSource, path, path_len, Errno::kBusy);
  if (!from) return from.error();
  const auto to =
      locate(call, new_fd, rights::kPathRenameTarget, new_path, new_path_len, Errno::kBusy);
  if (!to) return to.error();
  if (from->slash || to->slash) {
    if (const Errno error = checkDirectory(*from); error != Errno::kSuccess) return error;
  }
  return outcome(::renameat(from->directory, from->name.c_str(), to->directory, to->name.c_str()));
}

Errno pathLink(Call& call, U32 fd, U32 lookup, U32 path, U32 path_len, U32 new_fd, U32 new_path,
               U32 new_path_len) {
  if ((lookup & ~kLookupSymlinkFollow) != 0) return Errno::kInval;
  const Follow follow = lookup != 0 ? Follow::kYes : Follow::kNo;
  const auto from = locate(call, fd, rights::kPathLinkSource, path, path_len, Errno::kPerm, follow);
  if (!from) return from.error();
  const auto to =
      locate(call, new_fd, rights::kPathLinkTarget, new_path, new_path_len, Errno::kExist);
  if (!to) return to.error();
  if (from->slash) {
    if (const Errno error = checkDirectory(*from); error != Errno::kSuccess) return error;
  }
  if (const Errno error = checkNewName(*to); error != Errno::kSuccess) return error;
  return outcome(::linkat(from->directory, from->name.c_str(), to->directory, to->name.c_str(), 0));
}

Errno pathSymlink(Call& call, U32 target_at, U32 target_len, U32 fd, U32 path, U32 path_len) {
  // An absolute target is refused like an absolute path, since it would mean one file to the guest
  // and another to the host.
  const auto target = pathAt(call, target_at, target_len);
  if (!target) return target.error();
  const auto parent = locate(call, fd, rights::kPathSymlink, path, path_len, Errno::kExist);
  if (!parent) return parent.error();
  if (const Errno error = checkNewName(*parent); error != Errno::kSuccess) return error;
  return outcome(::symlinkat(target->c_str(), parent->directory, parent->name.c_str()));
}

}  // namespace wagi::wasi
