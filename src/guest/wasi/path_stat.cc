// Implements the calls about a path's file that don't open it: metadata, times, a link's target.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/wasi/errno.h"
#include "guest/wasi/functions.h"
#include "guest/wasi/path.h"
#include "guest/wasi/stat.h"

namespace wagi::wasi {
namespace {

// An O_PATH descriptor of the file of (fd, path), or of a link itself unless `lookup` follows it.
std::expected<UniqueFd, Errno> find(const Call& call, U32 fd, Rights needed, U32 lookup,
                                    U32 path_at, U32 path_len) {
  const auto folder = call.fds().directory(fd, needed);
  if (!folder) return std::unexpected(folder.error());
  if ((lookup & ~kLookupSymlinkFollow) != 0) return std::unexpected(Errno::kInval);
  const auto path = pathAt(call, path_at, path_len);
  if (!path) return std::unexpected(path.error());
  const int follow = (lookup & kLookupSymlinkFollow) != 0 ? 0 : O_NOFOLLOW;
  return openBeneath(call.invocation().system, (*folder)->host(), *path, O_PATH | follow);
}

}  // namespace

Errno pathReadlink(Call& call, U32 fd, U32 path, U32 path_len, U32 at, U32 length, U32 size_at) {
  const auto link = find(call, fd, rights::kPathReadlink, 0, path, path_len);
  if (!link) return link.error();
  const auto out = call.memory.writable(at, length);
  if (!out || !call.memory.contains(size_at, sizeof(U32))) return Errno::kFault;
  // The kernel refuses an empty buffer, which here gives no bytes.
  char none;
  char* const buffer = out->empty() ? &none : reinterpret_cast<char*>(out->data());
  const ssize_t got = ::readlinkat(link->get(), "", buffer, out->empty() ? 1 : out->size());
  // For a file that isn't a link, readlinkat() with an empty path gives ENOENT in place of EINVAL.
  if (got < 0) return errno == ENOENT ? Errno::kInval : fromHost(errno);
  const U32 size = out->empty() ? 0 : static_cast<U32>(got);
  return call.memory.store(size_at, size) ? Errno::kSuccess : Errno::kFault;
}

Errno pathFilestatGet(Call& call, U32 fd, U32 lookup, U32 path, U32 path_len, U32 stat_at) {
  const auto file = find(call, fd, rights::kPathFilestatGet, lookup, path, path_len);
  if (!file) return file.error();
  struct stat host{};
  if (::fstat(file->get(), &host) < 0) return fromHost(errno);
  return storeFilestat(call, stat_at, filestatOf(host));
}

Errno pathFilestatSetTimes(Call& call, U32 fd, U32 lookup, U32 path, U32 path_len, U64 atim,
                           U64 mtim, U32 flags) {
  const auto times = timesOf(atim, mtim, flags);
  if (!times) return times.error();
  const auto file = find(call, fd, rights::kPathFilestatSetTimes, lookup, path, path_len);
  if (!file) return file.error();
  return outcome(::utimensat(file->get(), "", times->data(), AT_EMPTY_PATH));
}

}  // namespace wagi::wasi
