// The numbers and memory layouts of WASI preview 1 (wasi_snapshot_preview1), and where the older
// snapshot 0 (wasi_unstable) differs. Source: witx/ of the WASI repository, tag snapshot-01.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace wagi::wasi {

static_assert(std::endian::native == std::endian::little, "guest memory is little-endian");

enum class Abi : std::uint8_t {
  kSnapshot0,  // wasi_unstable
  kSnapshot1,  // wasi_snapshot_preview1
};

enum class Errno : std::uint16_t {
  kSuccess = 0,
  k2big = 1,
  kAcces = 2,
  kAgain = 6,
  kBadf = 8,
  kBusy = 10,
  kDquot = 19,
  kExist = 20,
  kFault = 21,
  kFbig = 22,
  kIlseq = 25,
  kIntr = 27,
  kInval = 28,
  kIo = 29,
  kIsdir = 31,
  kLoop = 32,
  kMfile = 33,
  kMlink = 34,
  kNametoolong = 37,
  kNfile = 41,
  kNodev = 43,
  kNoent = 44,
  kNomem = 48,
  kNospc = 51,
  kNosys = 52,
  kNotdir = 54,
  kNotempty = 55,
  kNotsock = 57,
  kNotsup = 58,
  kNxio = 60,
  kOverflow = 61,
  kPerm = 63,
  kPipe = 64,
  kRange = 68,
  kRofs = 69,
  kSpipe = 70,
  kStale = 72,
  kTimedout = 73,
  kTxtbsy = 74,
  kXdev = 75,
  kNotcapable = 76,
};

enum class Filetype : std::uint8_t {
  kUnknown = 0,
  kBlockDevice = 1,
  kCharacterDevice = 2,
  kDirectory = 3,
  kRegularFile = 4,
  kSocketDgram = 5,
  kSocketStream = 6,
  kSymbolicLink = 7,
};

enum class ClockId : std::uint32_t {
  kRealtime = 0,
  kMonotonic = 1,
  kProcessCpu = 2,
  kThreadCpu = 3
};

using Rights = std::uint64_t;

namespace rights {
inline constexpr Rights kFdDatasync = 1u << 0;
inline constexpr Rights kFdRead = 1u << 1;
inline constexpr Rights kFdSeek = 1u << 2;
inline constexpr Rights kFdFdstatSetFlags = 1u << 3;
inline constexpr Rights kFdSync = 1u << 4;
inline constexpr Rights kFdTell = 1u << 5;
inline constexpr Rights kFdWrite = 1u << 6;
inline constexpr Rights kFdAdvise = 1u << 7;
inline constexpr Rights kFdAllocate = 1u << 8;
inline constexpr Rights kPathCreateDirectory = 1u << 9;
inline constexpr Rights kPathCreateFile = 1u << 10;
inline constexpr Rights kPathLinkSource = 1u << 11;
inline constexpr Rights kPathLinkTarget = 1u << 12;
inline constexpr Rights kPathOpen = 1u << 13;
inline constexpr Rights kFdReaddir = 1u << 14;
inline constexpr Rights kPathReadlink = 1u << 15;
inline constexpr Rights kPathRenameSource = 1u << 16;
inline constexpr Rights kPathRenameTarget = 1u << 17;
inline constexpr Rights kPathFilestatGet = 1u << 18;
inline constexpr Rights kPathFilestatSetSize = 1u << 19;
inline constexpr Rights kPathFilestatSetTimes = 1u << 20;
inline constexpr Rights kFdFilestatGet = 1u << 21;
inline constexpr Rights kFdFilestatSetSize = 1u << 22;
inline constexpr Rights kFdFilestatSetTimes = 1u << 23;
inline constexpr Rights kPathSymlink = 1u << 24;
inline constexpr Rights kPathRemoveDirectory = 1u << 25;
inline constexpr Rights kPathUnlinkFile = 1u << 26;
inline constexpr Rights kPollFdReadwrite = 1u << 27;

// All rights that make sense for a file, and for a directory.
inline constexpr Rights kFile = kFdDatasync | kFdRead | kFdSeek | kFdFdstatSetFlags | kFdSync |
                                kFdTell | kFdWrite | kFdAdvise | kFdAllocate | kFdFilestatGet |
                                kFdFilestatSetSize | kFdFilestatSetTimes | kPollFdReadwrite;
inline constexpr Rights kDirectory =
    kFdFdstatSetFlags | kFdSync | kPathCreateDirectory | kPathCreateFile | kPathLinkSource |
    kPathLinkTarget | kPathOpen | kFdReaddir | kPathReadlink | kPathRenameSource |
    kPathRenameTarget | kPathFilestatGet | kPathFilestatSetSize | kPathFilestatSetTimes |
    kFdFilestatGet | kFdFilestatSetTimes | kPathSymlink | kPathRemoveDirectory | kPathUnlinkFile |
    kPollFdReadwrite;
// The rights by which a volume can be changed. A link's source counts, since the file could be
// written through its new name.
inline constexpr Rights kChanges =
    kFdWrite | kFdAllocate | kFdFilestatSetSize | kFdFilestatSetTimes | kPathCreateDirectory |
    kPathCreateFile | kPathLinkSource | kPathLinkTarget | kPathRenameSource | kPathRenameTarget |
    kPathFilestatSetSize | kPathFilestatSetTimes | kPathSymlink | kPathRemoveDirectory |
    kPathUnlinkFile;
}  // namespace rights

inline constexpr std::uint16_t kFdflagsAppend = 1, kFdflagsDsync = 2, kFdflagsNonblock = 4,
                               kFdflagsRsync = 8, kFdflagsSync = 16, kFdflagsAll = 31;
inline constexpr std::uint16_t kOflagsCreat = 1, kOflagsDirectory = 2, kOflagsExcl = 4,
                               kOflagsTrunc = 8, kOflagsAll = 15;
inline constexpr std::uint32_t kLookupSymlinkFollow = 1;
inline constexpr std::uint16_t kFstflagsAtim = 1, kFstflagsAtimNow = 2, kFstflagsMtim = 4,
                               kFstflagsMtimNow = 8, kFstflagsAll = 15;
inline constexpr std::uint8_t kEventtypeClock = 0, kEventtypeFdRead = 1, kEventtypeFdWrite = 2;
inline constexpr std::uint16_t kSubclockflagsAbstime = 1;
inline constexpr std::uint16_t kEventrwflagsHangup = 1;

struct Iovec {
  std::uint32_t buf;
  std::uint32_t len;
};
static_assert(sizeof(Iovec) == 8);

struct Fdstat {
  std::uint8_t filetype;
  std::uint8_t pad0;
  std::uint16_t flags;
  std::uint32_t pad1;
  Rights rights_base;
  Rights rights_inheriting;
};
static_assert(sizeof(Fdstat) == 24 && offsetof(Fdstat, rights_base) == 8);

struct Filestat {
  std::uint64_t dev;
  std::uint64_t ino;
  std::uint64_t filetype;  // One byte and padding.
  std::uint64_t nlink;
  std::uint64_t size;
  std::uint64_t atim;  // Nanoseconds since 1970-01-01 UTC.
  std::uint64_t mtim;
  std::uint64_t ctim;
};
static_assert(sizeof(Filestat) == 64);

struct Filestat0 {  // Filestat in snapshot 0.
  std::uint64_t dev;
  std::uint64_t ino;
  std::uint32_t filetype;  // One byte and padding.
  std::uint32_t nlink;
  std::uint64_t size;
  std::uint64_t atim;
  std::uint64_t mtim;
  std::uint64_t ctim;
};
static_assert(sizeof(Filestat0) == 56 && offsetof(Filestat0, size) == 24);

struct Prestat {
  std::uint32_t tag;  // One byte and padding; 0 is a directory.
  std::uint32_t name_len;
};

struct Dirent {
  std::uint64_t next;
  std::uint64_t ino;
  std::uint32_t namlen;
  std::uint32_t type;  // One byte and padding.
};
static_assert(sizeof(Dirent) == 24);

struct Subscription {
  std::uint64_t userdata;
  std::uint64_t tag;  // One byte and padding.
  std::uint32_t id;   // The clock, or the descriptor.
  std::uint32_t pad;
  std::uint64_t timeout;
  std::uint64_t precision;
  std::uint64_t flags;  // Two bytes and padding.
};
static_assert(sizeof(Subscription) == 48 && offsetof(Subscription, timeout) == 24);

struct Subscription0 {  // In snapshot 0 a clock's subscription has an identifier before the clock.
  std::uint64_t userdata;
  std::uint64_t tag;
  std::uint32_t fd;
  std::uint32_t pad0;
  std::uint32_t clock;
  std::uint32_t pad1;
  std::uint64_t timeout;
  std::uint64_t precision;
  std::uint64_t flags;
};
static_assert(sizeof(Subscription0) == 56 && offsetof(Subscription0, timeout) == 32);

struct Event {
  std::uint64_t userdata;
  std::uint16_t error;
  std::uint8_t type;
  std::uint8_t pad0[5];
  std::uint64_t nbytes;
  std::uint16_t flags;
  std::uint8_t pad1[6];
};
static_assert(sizeof(Event) == 32 && offsetof(Event, nbytes) == 16);

}  // namespace wagi::wasi
