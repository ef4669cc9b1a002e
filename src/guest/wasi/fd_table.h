// The descriptors of one instance: 0 to 2 are its streams, its preopened folders follow from 3, and
// a file that it opens gets the lowest free number, as in POSIX.
//
// A table belongs to one Context. Making it costs nothing, since it is filled at its first use.
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
  bool read_only = false;  // Whether it is in a volume that no call may change.
  SpecialFiles special_files = SpecialFiles::kRefused;  // For files that are opened in a directory.
  std::uint16_t flags = 0;                              // FDFLAGS.
  Rights base = 0;
  Rights inheriting = 0;
  Output* output = nullptr;          // Set for kOutput.
  const Preopen* preopen = nullptr;  // Set for a kDirectory that the instance was given.
  UniqueFd opened;                   // Set for a kFile, or a kDirectory that the guest opened.
  UniqueFd listing;                  // For fd_readdir of a preopen, with a position of its own.
  OpenFileSlot slot;                 // Held for `opened` or `listing`.
  std::unique_ptr<Cookies> cookies;  // Set once a directory was listed.

  // The host's descriptor. REQUIRES: it is a file or a directory.
  [[nodiscard]] int host() const { return preopen != nullptr ? preopen->fd : opened.get(); }
  // Whether it is a device or a FIFO, where reading and writing may block.
  [[nodiscard]] bool special() const {
    return kind == Kind::kFile && filetype != Filetype::kRegularFile;
  }
  // Whether it is a terminal: a character device without the right to seek, as libc's isatty(3) has
  // it.
  [[nodiscard]] bool terminal() const {
    return filetype == Filetype::kCharacterDevice && (base & rights::kFdSeek) == 0;
  }
};

class FdTable {
 public:
  // Borrows `invocation`.
  explicit FdTable(const Invocation& invocation) : invocation_(invocation) {}

  // The descriptor; null where `fd` isn't open. The pointer is good until the next insert(),
  // close() or renumber().
  [[nodiscard]] Descriptor* find(std::uint32_t fd) {
    if (slots_.empty()) fill();
    return fd < slots_.size() && slots_[fd] ? &*slots_[fd] : nullptr;
  }

  // The descriptor, if it is of this kind and has all rights `needed`. Otherwise BADF, NOTDIR where
  // a directory is wanted, ROFS where `needed` would change a read-only volume, or NOTCAPABLE. A
  // read or write for which it wasn't opened is BADF, as in POSIX.
  [[nodiscard]] std::expected<Descriptor*, Errno> directory(std::uint32_t fd, Rights needed);
  [[nodiscard]] std::expected<Descriptor*, Errno> file(std::uint32_t fd, Rights needed);
  [[nodiscard]] std::expected<Descriptor*, Errno> any(std::uint32_t fd, Rights needed);

  // How many cookies all descriptors keep together.
  [[nodiscard]] std::size_t cookiesKept() const;

  // Whether there is no room for another descriptor.
  [[nodiscard]] bool full();
  // Adds a descriptor under the lowest free number, which it returns. REQUIRES: not full().
  std::uint32_t insert(Descriptor descriptor);
  [[nodiscard]] Errno close(std::uint32_t fd);
  // Moves `from` to `to`, which is closed before; BADF unless both are open.
  [[nodiscard]] Errno renumber(std::uint32_t from, std::uint32_t to);

 private:
  void fill();

  const Invocation& invocation_;
  std::vector<std::optional<Descriptor>> slots_;  // Empty until fill(); close() keeps slots.
};

}  // namespace wagi::wasi
