#include "guest/wasi/stat.h"

#include <limits>

namespace wagi::wasi {
namespace {

constexpr U64 kNsPerSecond = 1'000'000'000;

U64 nanoseconds(const timespec& time) {
  // A time before 1970 or after 2554 can't be represented; the nearest one is returned.
  if (time.tv_sec < 0) return 0;
  constexpr U64 kLatest = std::numeric_limits<U64>::max();
  if (static_cast<U64>(time.tv_sec) >= kLatest / kNsPerSecond) return kLatest;
  return static_cast<U64>(time.tv_sec) * kNsPerSecond + static_cast<U64>(time.tv_nsec);
}

// The time that `flags` ask for: `ns` if they have `set`, now if they have `now`, else unchanged.
timespec timeOf(U64 ns, U32 flags, U32 set, U32 now) {
  if ((flags & now) != 0) return {.tv_sec = 0, .tv_nsec = UTIME_NOW};
  if ((flags & set) == 0) return {.tv_sec = 0, .tv_nsec = UTIME_OMIT};
  return {.tv_sec = static_cast<time_t>(ns / kNsPerSecond),
          .tv_nsec = static_cast<long>(ns % kNsPerSecond)};
}

}  // namespace

Filetype filetypeOf(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return Filetype::kRegularFile;
    case S_IFDIR:
      return Filetype::kDirectory;
    case S_IFLNK:
      return Filetype::kSymbolicLink;
    case S_IFCHR:
      return Filetype::kCharacterDevice;
    case S_IFBLK:
      return Filetype::kBlockDevice;
    case S_IFSOCK:
      return Filetype::kSocketStream;
    default:
      return Filetype::kUnknown;  // Preview 1 has no type for FIFOs.
  }
}

Filestat filestatOf(const struct stat& host) {
  return {.dev = host.st_dev,
          .ino = host.st_ino,
          .filetype = static_cast<U64>(filetypeOf(host.st_mode)),
          .nlink = host.st_nlink,
          .size = static_cast<U64>(host.st_size),
          .atim = nanoseconds(host.st_atim),
          .mtim = nanoseconds(host.st_mtim),
          .ctim = nanoseconds(host.st_ctim)};
}

Errno storeFilestat(const Call& call, U32 at, const Filestat& stat) {
  if (call.abi == Abi::kSnapshot1) {
    return call.memory.store(at, stat) ? Errno::kSuccess : Errno::kFault;
  }
  const Filestat0 elder{.dev = stat.dev,
                        .ino = stat.ino,
                        .filetype = static_cast<U32>(stat.filetype),
                        .nlink = static_cast<U32>(stat.nlink),
                        .size = stat.size,
                        .atim = stat.atim,
                        .mtim = stat.mtim,
                        .ctim = stat.ctim};
  return call.memory.store(at, elder) ? Errno::kSuccess : Errno::kFault;
}

std::expected<std::array<timespec, 2>, Errno> timesOf(U64 atim, U64 mtim, U32 flags) {
  constexpr U32 kBothAtim = kFstflagsAtim | kFstflagsAtimNow;
  constexpr U32 kBothMtim = kFstflagsMtim | kFstflagsMtimNow;
  if ((flags & ~U32{kFstflagsAll}) != 0 || (flags & kBothAtim) == kBothAtim ||
      (flags & kBothMtim) == kBothMtim) {
    return std::unexpected(Errno::kInval);
  }
  return std::array{timeOf(atim, flags, kFstflagsAtim, kFstflagsAtimNow),
                    timeOf(mtim, flags, kFstflagsMtim, kFstflagsMtimNow)};
}

}  // namespace wagi::wasi
