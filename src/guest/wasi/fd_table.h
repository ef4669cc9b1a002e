// The descriptors of one instance: 0 to 2 are its streams, its preopened folders follow from 3, and
// what it opens takes the lowest free number, as POSIX has it.
//
// Belongs to one Context. Making it costs nothing: it is filled when it is first asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <vector>

#include "base/unique_fd.h"
#include "guest/wasi/abi.h"
#include "guest/wasi/context.h"
#include "guest/wasi/cookies.h"

namespace wagi::wasi {

struct Descriptor {
  enum class Kind : std::uint8_t { kInput, kOutput, kFile, kDirectory };

  Kind kind = Kind::kFile;
  Filetype filetype = Filetype::kUnknown;
  bool read_only = false;                               // Of a volume that no call may change.
  SpecialFiles special_files = SpecialFiles::kRefused;  // Of a directory: what may be opened in it.
  std::uint16_t flags = 0;                              // FDFLAGS.
  Rights base = 0;
  Rights inheriting = 0;
  Output* output = nullptr;          // Of kOutput.
  const Preopen* preopen = nullptr;  // Of a kDirectory that was there from the start.
  UniqueFd opened;                   // Of a kFile, or a kDirectory that the guest opened.
  UniqueFd listing;                  // What fd_readdir reads a preopen through: its own position.
  FilePlace place;                   // Of `opened` or `listing`.
  std::unique_ptr<Cookies> cookies;  // Of a directory that was listed.

  // REQUIRES: a file or a directory.
  [[nodiscard]] int host() const { return preopen != nullptr ? preopen->fd : opened.get(); }
  // A device or a FIFO, of which reading and writing may block.
  [[nodiscard]] bool special() const {
    return kind == Kind::kFile && filetype != Filetype::kRegularFile;
  }
  // A terminal can't seek: by that libc's isatty(3) tells it from other character devices.
  [[nodiscard]] bool terminal() const {
    return filetype == Filetype::kCharacterDevice && (base & rights::kFdSeek) == 0;
  }
};

class FdTable {
 public:
  // Borrows `invocation`.
  explicit FdTable(const Invocation& invocation) : invocation_(invocation) {}

  // nullptr when `fd` isn't open. A pointer is good until the next insert(), close() or renumber().
  [[nodiscard]] Descriptor* find(std::uint32_t fd) {
    if (slots_.empty()) fill();
    return fd < slots_.size() && slots_[fd] ? &*slots_[fd] : nullptr;
  }

  // The descriptor, if it is of this kind and has all of `needed`. Else BADF, NOTDIR where a
  // directory is wanted, ROFS where `needed` would change a read-only volume, or NOTCAPABLE; a read
  // or write that it wasn't opened for is BADF, as in POSIX.
  [[nodiscard]] std::expected<Descriptor*, Errno> directory(std::uint32_t fd, Rights needed);
  [[nodiscard]] std::expected<Descriptor*, Errno> file(std::uint32_t fd, Rights needed);
  [[nodiscard]] std::expected<Descriptor*, Errno> any(std::uint32_t fd, Rights needed);

  // How many cookies all descriptors keep.
  [[nodiscard]] std::size_t cookiesKept() const;

  // Whether there is room for one more.
  [[nodiscard]] bool full();
  // REQUIRES: not full().
  std::uint32_t insert(Descriptor descriptor);
  [[nodiscard]] Errno close(std::uint32_t fd);
  // `to` becomes what `from` was; `from` is closed. BADF unless both are open.
  [[nodiscard]] Errno renumber(std::uint32_t from, std::uint32_t to);

 private:
  void fill();

  const Invocation& invocation_;
  std::vector<std::optional<Descriptor>> slots_;  // Never empty once filled: close() keeps slots.
};

}  // namespace wagi::wasi
