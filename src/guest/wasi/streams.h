// A guest's stdin, stdout and stderr, as the host functions see them. Implemented by whoever runs
// the guest; never blocking.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace wagi::wasi {

class Input {
 public:
  virtual ~Input() = default;
  // Moves bytes that are here into `out`: their count, 0 at the end of the stream. nullopt: none
  // are here yet, the guest must wait. REQUIRES: `out` isn't empty.
  [[nodiscard]] virtual std::optional<std::size_t> read(std::span<std::byte> out) = 0;
  // How many bytes read() would give now, at least; nullopt when it would have to wait. 0 at the
  // end.
  [[nodiscard]] virtual std::optional<std::size_t> available() = 0;
  // Whether a person types here: isatty(3) in the guest.
  [[nodiscard]] virtual bool terminal() const { return false; }
};

class Output {
 public:
  virtual ~Output() = default;
  enum class Status {
    kOk,
    kFilled,  // Taken; the guest should be suspended until the reader has caught up.
    kFailed,  // Taken in vain: the guest should be suspended, and never resumed.
    kAgain,   // The buffer is at its hard limit; nothing was taken.
    kClosed,  // Nobody reads any more.
  };
  struct Written {
    std::size_t count = 0;  // May be fewer than offered.
    Status status = Status::kOk;
  };
  [[nodiscard]] virtual Written write(std::span<const std::byte> bytes) = 0;
  // Whether write() takes at least kPieceBytes now without making anybody wait.
  [[nodiscard]] virtual bool writable() { return true; }
  static constexpr std::size_t kPieceBytes = 4096;  // A pipe that is writable has room for them.
  // Whether a person reads here: isatty(3) in the guest, whose libc then sends each line at once.
  [[nodiscard]] virtual bool terminal() const { return false; }
};

}  // namespace wagi::wasi
