#include "wasi/path.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "wasi/errno.h"
#include "wasi/limits.h"
#include "wasi/walk.h"

namespace wagi::wasi {
namespace {

// A descriptor, or a negative errno.
int openByKernel(System& system, int directory, const std::string& path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  int fd = -EAGAIN;
  // EAGAIN: something was renamed meanwhile, so that the kernel couldn't tell (openat2(2)).
  for (int i = 0; i < kOpenAttemptsMax && (fd == -EAGAIN || fd == -EINTR); ++i) {
    fd = system.openat2(directory, path.c_str(), how);
  }
  return fd;
}

}  // namespace

std::expected<std::string, Errno> pathAt(const Call& call, U32 at, U32 length) {
  const auto text = call.memory.text(at, length);
  if (!text) return std::unexpected(Errno::kFault);
  if (text->size() >= kPathBytesMax) return std::unexpected(Errno::kNametoolong);
  if (text->empty()) return std::unexpected(Errno::kNoent);
  if (text->contains('\0')) return std::unexpected(Errno::kInval);
  if (text->starts_with('/')) return std::unexpected(Errno::kNotcapable);
  return std::string(*text);
}

std::expected<UniqueFd, Errno> openBeneath(System& system, int directory, const std::string& path,
                                           int flags, mode_t mode) {
  flags |= O_CLOEXEC;
  if ((flags & O_PATH) == 0) flags |= O_NOCTTY | O_NONBLOCK;
  int fd = openByKernel(system, directory, path, flags, mode);
  // EPERM: a filter of system calls older than this one; where it is about the file, the walk
  // finds the same.
  if (fd == -ENOSYS || fd == -EPERM) fd = walkBeneath(directory, path, flags, mode);
  if (fd >= 0) return UniqueFd(fd);
  return std::unexpected(fd == -EXDEV ? Errno::kNotcapable : fromHost(-fd));
}

std::expected<std::string, Errno> followed(System& system, int directory, std::string path) {
  for (std::size_t links = 0; links <= kSymlinksMax; ++links) {
    const auto link = openBeneath(system, directory, path, O_PATH | O_NOFOLLOW);
    if (!link) return std::unexpected(link.error());
    std::string target(kPathBytesMax, '\0');
    const ssize_t length = ::readlinkat(link->get(), "", target.data(), target.size());
    if (length < 0) return path;  // What can't be read as a link is none.
    target.resize(static_cast<std::size_t>(length));
    if (target.starts_with('/')) return std::unexpected(Errno::kNotcapable);
    path.resize(path.rfind('/') + 1);  // Of npos, 0.
    path += target;
    if (path.size() >= kPathBytesMax) return std::unexpected(Errno::kNametoolong);
  }
  return std::unexpected(Errno::kLoop);
}

std::expected<Parent, Errno> parentOf(System& system, int directory, std::string path, Errno dots) {
  Parent parent;
  parent.directory = directory;
  while (path.ends_with('/')) {
    path.pop_back();
    parent.slash = true;
  }
  const std::size_t cut = path.rfind('/');
  if (cut == std::string::npos) {
    parent.name = std::move(path);
  } else {
    parent.name = path.substr(cut + 1);
    path.resize(cut);
    auto opened = openBeneath(system, directory, path, O_PATH | O_DIRECTORY);
    if (!opened) return std::unexpected(opened.error());
    parent.opened = std::move(*opened);
    parent.directory = parent.opened.get();
  }
  if (parent.name == "." || parent.name == "..") return std::unexpected(dots);
  return parent;
}

}  // namespace wagi::wasi
