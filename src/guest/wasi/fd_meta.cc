// Implements the calls about a descriptor itself: fd_close, fd_fdstat_*, fd_filestat_*,
// fd_prestat_*.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <limits>

#include "guest/wasi/errno.h"
#include "guest/wasi/functions.h"
#include "guest/wasi/stat.h"

namespace wagi::wasi {
namespace {

constexpr std::uint16_t kSyncFlags = kFdflagsDsync | kFdflagsRsync | kFdflagsSync;

bool isStream(const Descriptor& d) {
  return d.kind == Descriptor::Kind::kInput || d.kind == Descriptor::Kind::kOutput;
}

const Preopen* preopenAt(const Call& call, U32 fd) {
  const Descriptor* const d = call.fds().find(fd);
  return d == nullptr ? nullptr : d->preopen;
}

}  // namespace

Errno fdClose(Call& call, U32 fd) { return call.fds().close(fd); }

Errno fdRenumber(Call& call, U32 from, U32 to) { return call.fds().renumber(from, to); }

Errno fdFdstatGet(Call& call, U32 fd, U32 stat_at) {
  const Descriptor* const d = call.fds().find(fd);
  if (d == nullptr) return Errno::kBadf;
  const Fdstat stat{.filetype = static_cast<std::uint8_t>(d->filetype),
                    .pad0 = 0,
                    .flags = d->flags,
                    .pad1 = 0,
                    .rights_base = d->base,
                    .rights_inheriting = d->inheriting};
  return call.memory.store(stat_at, stat) ? Errno::kSuccess : Errno::kFault;
}

Errno fdFdstatSetFlags(Call& call, U32 fd, U32 flags) {
  const auto d = call.fds().any(fd, rights::kFdFdstatSetFlags);
  if (!d) return d.error();
  if ((flags & ~U32{kFdflagsAll}) != 0) return Errno::kInval;
  // The kernel takes these flags only when a file is opened.
  if (((flags ^ (*d)->flags) & kSyncFlags) != 0) return Errno::kNotsup;
  if ((*d)->kind == Descriptor::Kind::kFile) {
    const int now = ::fcntl((*d)->host(), F_GETFL);
    // O_NONBLOCK isn't set on a regular file, which never blocks.
    const int settable = (*d)->special() ? O_APPEND | O_NONBLOCK : O_APPEND;
    const int wanted = ((flags & kFdflagsAppend) != 0 ? O_APPEND : 0) |
                       ((flags & kFdflagsNonblock) != 0 ? O_NONBLOCK : 0);
    if (now < 0 || ::fcntl((*d)->host(), F_SETFL, (now & ~settable) | (wanted & settable)) < 0) {
      return fromHost(errno);
    }
  }
  (*d)->flags = static_cast<std::uint16_t>(flags);
  return Errno::kSuccess;
}

Errno fdFdstatSetRights(Call& call, U32 fd, U64 base, U64 inheriting) {
  Descriptor* const d = call.fds().find(fd);
  if (d == nullptr) return Errno::kBadf;
  // Rights can be given up, but not gained.
  if ((base & ~d->base) != 0 || (inheriting & ~d->inheriting) != 0) return Errno::kNotcapable;
  d->base = base;
  d->inheriting = inheriting;
  return Errno::kSuccess;
}

Errno fdFilestatGet(Call& call, U32 fd, U32 stat_at) {
  const auto d = call.fds().any(fd, rights::kFdFilestatGet);
  if (!d) return d.error();
  if (isStream(**d)) {
    Filestat stat{};
    stat.filetype = static_cast<U64>((*d)->filetype);
    return storeFilestat(call, stat_at, stat);
  }
  struct stat host{};
  if (::fstat((*d)->host(), &host) < 0) return fromHost(errno);
  return storeFilestat(call, stat_at, filestatOf(host));
}

Errno fdFilestatSetSize(Call& call, U32 fd, U64 size) {
  const auto file = call.fds().file(fd, rights::kFdFilestatSetSize);
  if (!file) return file.error();
  if (size > std::numeric_limits<off_t>::max()) return Errno::kInval;
  const int host = (*file)->host();
  return outcome(uninterrupted([&] { return ::ftruncate(host, static_cast<off_t>(size)); }));
}

Errno fdFilestatSetTimes(Call& call, U32 fd, U64 atim, U64 mtim, U32 flags) {
  const auto d = call.fds().any(fd, rights::kFdFilestatSetTimes);
  if (!d) return d.error();
  const auto times = timesOf(atim, mtim, flags);
  if (!times) return times.error();
  // futimens(3) would refuse an O_PATH descriptor, which a preopen may be.
  return outcome(::utimensat((*d)->host(), "", times->data(), AT_EMPTY_PATH));
}

Errno fdPrestatGet(Call& call, U32 fd, U32 prestat_at) {
  const Preopen* const preopen = preopenAt(call, fd);
  if (preopen == nullptr) return Errno::kBadf;  // Here libc stops looking for preopens.
  const Prestat prestat{.tag = 0, .name_len = static_cast<U32>(preopen->guest_path.size())};
  return call.memory.store(prestat_at, prestat) ? Errno::kSuccess : Errno::kFault;
}

Errno fdPrestatDirName(Call& call, U32 fd, U32 name_at, U32 name_len) {
  const Preopen* const preopen = preopenAt(call, fd);
  if (preopen == nullptr) return Errno::kBadf;
  const std::string& name = preopen->guest_path;
  if (name_len < name.size()) return Errno::kNametoolong;
  const auto out = call.memory.writable(name_at, name.size());
  if (!out) return Errno::kFault;
  std::memcpy(out->data(), name.data(), name.size());
  return Errno::kSuccess;
}

}  // namespace wagi::wasi
