// Implements fd_readdir. A cookie stands for a position of the kernel's, so that a listing goes on
// where it was, whatever is made or removed meanwhile.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "guest/wasi/errno.h"
#include "guest/wasi/functions.h"
#include "guest/wasi/limits.h"
#include "guest/wasi/stat.h"

namespace wagi::wasi {
namespace {

// The buffer of one getdents64(2); small, since it is on the fiber's stack.
constexpr std::size_t kBatchBytes = 4096;

// The head of an entry from getdents64(2); the name and its NUL follow.
struct HostEntry {
  std::uint64_t ino;
  std::int64_t next;
  std::uint16_t length;
  std::uint8_t type;
};
constexpr std::size_t kHostNameAt = 19;

// Fills the guest's buffer. An entry that doesn't fit is cut: a full buffer means that there is
// more.
class Filling {
 public:
  Filling(std::span<std::byte> out, std::size_t used) : out_(out), used_(used) {}
  [[nodiscard]] bool full() const { return used_ == out_.size(); }
  [[nodiscard]] std::size_t used() const { return used_; }
  void put(const void* bytes, std::size_t length) {
    length = std::min(length, out_.size() - used_);
    std::memcpy(out_.data() + used_, bytes, length);
    used_ += length;
  }

 private:
  std::span<std::byte> out_;
  std::size_t used_;
};

// The descriptor through which a folder is listed. All instances share a preopen's, with its
// position, so each opens one of its own.
std::expected<int, Errno> listingOf(System& system, Descriptor& folder) {
  if (folder.preopen == nullptr) return folder.host();
  if (!folder.listing) {
    auto slot = OpenFileSlot::acquire(system);
    if (!slot) return std::unexpected(Errno::kNfile);
    folder.listing.reset(::openat(folder.host(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.listing) return std::unexpected(fromHost(errno));
    folder.slot = std::move(*slot);
  }
  return folder.listing.get();
}

// The type of an entry; its DT_* are the S_IF* bits of a mode, shifted.
Filetype typeOf(std::uint8_t host) { return filetypeOf(DTTOIF(host)); }

// The inode of an entry. For ".." it is the folder's own: the folder above can't be reached, and
// may be the host's business (a preopen can be opened again as ".", a folder can be moved).
std::uint64_t inodeOf(const HostEntry& entry, std::string_view name, int listing) {
  if (name != "..") return entry.ino;
  struct stat stat{};
  return ::fstat(listing, &stat) == 0 ? stat.st_ino : 0;
}

}  // namespace

Attempt fdReaddir(Call& call, U32 fd, U32 at, U32 length, U64 cookie, U32 size_at) {
  const auto folder = call.fds().directory(fd, rights::kFdReaddir);
  if (!folder) return folder.error();
  if (!call.memory.contains(at, length) || !call.memory.contains(size_at, sizeof(U32))) {
    return Errno::kFault;
  }
  if (length > kReaddirBytesMax) return Errno::kInval;
  const auto out = call.memory.writable(at, length);
  const auto listing = listingOf(call.invocation().system, **folder);
  if (!listing) return listing.error();
  if (!(*folder)->cookies) (*folder)->cookies = std::make_unique<Cookies>();
  Cookies& cookies = *(*folder)->cookies;
  const std::size_t cookies_max = kCookiesMax - (call.fds().cookiesKept() - cookies.size());
  const auto position = cookies.position(cookie);
  if (!position) return Errno::kInval;
  // The position holds between two pieces of a call, since only this instance has the descriptor.
  if (!call.progress->resumed && ::lseek(*listing, *position, SEEK_SET) < 0) {
    return fromHost(errno);
  }
  U64& done = call.progress->done;
  Filling filling(*out, done);
  alignas(HostEntry) std::array<char, kBatchBytes> batch;
  while (!filling.full()) {
    if (filling.used() >= done + kReaddirPieceBytes) {
      done = filling.used();
      return std::unexpected(BetweenPieces{});
    }
    const long got = ::syscall(SYS_getdents64, *listing, batch.data(), batch.size());
    if (got < 0) return fromHost(errno);
    if (got == 0) break;
    for (long i = 0; i < got && !filling.full();) {
      HostEntry entry;
      std::memcpy(&entry, batch.data() + i, kHostNameAt);
      const std::string_view name(batch.data() + i + kHostNameAt);
      // lseek(2) couldn't go back to a negative position.
      if (entry.next < 0) return Errno::kOverflow;
      const Dirent dirent{.next = cookies.of(entry.next, cookies_max),
                          .ino = inodeOf(entry, name, *listing),
                          .namlen = static_cast<U32>(name.size()),
                          .type = static_cast<U32>(typeOf(entry.type))};
      filling.put(&dirent, sizeof(dirent));
      filling.put(name.data(), name.size());
      i += entry.length;
    }
  }
  const auto used = static_cast<U32>(filling.used());
  return call.memory.store(size_at, used) ? Errno::kSuccess : Errno::kFault;
}

}  // namespace wagi::wasi
