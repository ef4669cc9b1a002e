#include "base/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "base/walk.h"

namespace wagi {
namespace {

// Opens a path by openat2(2); returns a descriptor, or a negative errno.
int openByKernel(Openat2& kernel, int directory, const std::string& path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  int fd = -EAGAIN;
  // EAGAIN means that a rename meanwhile keeps the kernel from being sure of a ".." (openat2(2)).
  for (int i = 0; i < kOpenAttemptsMax && (fd == -EAGAIN || fd == -EINTR); ++i) {
    fd = kernel.openat2(directory, path.c_str(), how);
  }
  return fd;
}

}  // namespace

int Openat2::openat2(int directory, const char* path, const open_how& how) {
  const long fd = ::syscall(SYS_openat2, directory, path, &how, sizeof(how));
  return fd < 0 ? -errno : static_cast<int>(fd);
}

std::expected<UniqueFd, int> openBeneath(Openat2& kernel, int directory, const std::string& path,
                                         int flags, mode_t mode) {
  flags |= O_CLOEXEC;
  if ((flags & O_PATH) == 0) flags |= O_NOCTTY;
  int fd = openByKernel(kernel, directory, path, flags, mode);
  // EPERM may come from a filter of system calls that is older than openat2; where it is about the
  // file, the walk finds the same. EAGAIN comes from any rename on this machine, which disturbs the
  // kernel's "..", so a program that renames all the time could keep others from their files. The
  // walk has no such race.
  if (fd == -ENOSYS || fd == -EPERM || fd == -EAGAIN) {
    fd = walkBeneath(directory, path, flags, mode);
  }
  if (fd < 0) return std::unexpected(-fd);
  return UniqueFd(fd);
}

}  // namespace wagi
