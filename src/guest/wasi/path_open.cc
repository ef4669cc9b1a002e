#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/wasi/errno.h"
#include "guest/wasi/functions.h"
#include "guest/wasi/path.h"
#include "guest/wasi/stat.h"

namespace wagi::wasi {
namespace {

constexpr mode_t kCreateMode = 0666;  // The kernel applies the worker's umask.

// A guest's request in terms of open(2).
struct OpenRequest {
  int flags = 0;
  Rights of_folder = rights::kPathOpen;  // Rights that the folder must have.
  bool writes = false;
};

OpenRequest openRequestOf(U32 lookup, U32 oflags, Rights base, U32 fdflags) {
  OpenRequest request;
  const bool folder = (oflags & kOflagsDirectory) != 0;
  request.writes = (base & rights::kFdWrite) != 0;
  const bool reads = (base & rights::kFdRead) != 0;
  request.flags = request.writes ? (reads ? O_RDWR : O_WRONLY) : O_RDONLY;
  if ((lookup & kLookupSymlinkFollow) == 0) request.flags |= O_NOFOLLOW;
  if (folder) request.flags |= O_DIRECTORY;
  if ((oflags & kOflagsCreat) != 0) {
    request.flags |= O_CREAT;
    if ((oflags & kOflagsExcl) != 0) request.flags |= O_EXCL;
    request.of_folder |= rights::kPathCreateFile;
  }
  if ((oflags & kOflagsTrunc) != 0) {
    request.flags |= O_TRUNC;
    request.of_folder |= rights::kPathFilestatSetSize;
  }
  if ((fdflags & kFdflagsAppend) != 0) request.flags |= O_APPEND;
  if ((fdflags & kFdflagsNonblock) != 0) request.flags |= O_NONBLOCK;
  if ((fdflags & kFdflagsDsync) != 0) request.flags |= O_DSYNC;
  if ((fdflags & (kFdflagsSync | kFdflagsRsync)) != 0) request.flags |= O_SYNC;
  return request;
}

bool valid(U32 lookup, U32 oflags, U32 fdflags) {
  const bool known = (lookup & ~kLookupSymlinkFollow) == 0 && (oflags & ~U32{kOflagsAll}) == 0 &&
                     (fdflags & ~U32{kFdflagsAll}) == 0;
  const bool folder = (oflags & kOflagsDirectory) != 0;
  // Opening a directory can neither make nor truncate it.
  return known && !(folder && (oflags & (kOflagsCreat | kOflagsTrunc)) != 0);
}

// The rights of an opened file: all that its type has, but reading and writing only if they were
// asked for. Many guests name only the rights that they need at once and use others, as every other
// host lets them; whether anything may be changed is the volume's setting. Rights that the guest
// gave up on the folder (`inheriting`) stay given up.
Rights granted(const Descriptor& folder, Filetype type, Rights asked) {
  constexpr Rights kAccess = rights::kFdRead | rights::kFdWrite;
  const Rights of_type = type == Filetype::kDirectory ? rights::kDirectory : rights::kFile;
  return of_type & folder.inheriting & (asked | ~kAccess);
}

}  // namespace

Errno pathOpen(Call& call, U32 fd, U32 lookup, U32 path_at, U32 path_len, U32 oflags, U64 base,
               U64 /*inheriting*/, U32 fdflags, U32 fd_at) {
  if (!valid(lookup, oflags, fdflags)) return Errno::kInval;
  const OpenRequest request = openRequestOf(lookup, oflags, base, fdflags);
  const auto folder = call.fds().directory(fd, request.of_folder);
  if (!folder) return folder.error();
  const auto path = pathAt(call, path_at, path_len);
  if (!path) return path.error();
  if (!call.memory.contains(fd_at, sizeof(U32))) return Errno::kFault;
  if (request.writes && (*folder)->read_only) return Errno::kRofs;
  if (call.fds().full()) return Errno::kMfile;
  auto slot = OpenFileSlot::acquire(call.invocation().system);
  if (!slot) return Errno::kNfile;

  const mode_t mode = (request.flags & O_CREAT) != 0 ? kCreateMode : 0;
  auto opened = openFileBeneath(call.invocation().system, (*folder)->host(), *path, request.flags,
                                mode, (*folder)->special_files);
  if (!opened) return opened.error();
  struct stat stat{};
  if (::fstat(opened->get(), &stat) < 0) return fromHost(errno);

  Descriptor d;
  d.filetype = filetypeOf(stat.st_mode);
  d.kind =
      d.filetype == Filetype::kDirectory ? Descriptor::Kind::kDirectory : Descriptor::Kind::kFile;
  d.read_only = (*folder)->read_only;
  d.special_files = (*folder)->special_files;
  d.flags = static_cast<std::uint16_t>(fdflags);
  d.base = granted(**folder, d.filetype, base);
  d.inheriting = d.kind == Descriptor::Kind::kDirectory ? (*folder)->inheriting : Rights{0};
  if (d.special() && ::isatty(opened->get()) == 1) d.base &= ~(rights::kFdSeek | rights::kFdTell);
  d.opened = std::move(*opened);
  d.slot = std::move(*slot);
  const U32 number = call.fds().insert(std::move(d));
  return call.memory.store(fd_at, number) ? Errno::kSuccess : Errno::kFault;
}

}  // namespace wagi::wasi
