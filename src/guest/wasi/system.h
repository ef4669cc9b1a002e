// The operating system as guests use it, but for their streams. An interface, so that tests decide
// the time, random bytes and how old the kernel is.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "base/beneath.h"

namespace wagi::wasi {

class System : public Openat2 {
 public:
  [[nodiscard]] virtual std::chrono::nanoseconds wallClock() = 0;  // Since 1970-01-01 UTC.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point monotonicClock() = 0;
  // The CPU time of the running guest.
  [[nodiscard]] virtual std::chrono::nanoseconds cpuClock() = 0;
  // Fills `out` with bytes that are cryptographically secure and new (getrandom(2)).
  virtual void random(std::span<std::byte> out) = 0;
  // How many files all guests of the process may have open at once.
  [[nodiscard]] virtual std::size_t openFilesMax() = 0;

 private:
  friend class OpenFileSlot;
  std::size_t open_files_ = 0;
};

// Counts one file that a guest has open among those of all guests of the process, for as long as it
// lives. The count is limited, so that guests leave descriptors for connections.
class OpenFileSlot {
 public:
  OpenFileSlot() = default;  // Counts nothing.
  OpenFileSlot(OpenFileSlot&& other) noexcept : system_(std::exchange(other.system_, nullptr)) {}
  OpenFileSlot& operator=(OpenFileSlot&& other) noexcept {
    std::swap(system_, other.system_);
    return *this;
  }
  ~OpenFileSlot() {
    if (system_ != nullptr) --system_->open_files_;
  }

  // nullopt means that guests have too many files open. Borrows `system`.
  [[nodiscard]] static std::optional<OpenFileSlot> acquire(System& system) {
    if (system.open_files_ >= system.openFilesMax()) return std::nullopt;
    ++system.open_files_;
    return OpenFileSlot(system);
  }

 private:
  explicit OpenFileSlot(System& system) : system_(&system) {}
  System* system_ = nullptr;
};

// The kernel's clocks and getrandom(2), and half of the process's descriptors for guests' files
// (RLIMIT_NOFILE at the first call). One thread of a process uses it. Its CPU clock is that of the
// calling thread, with the other guests of the thread, so a worker gives its guests a System of its
// own that subtracts these.
System& realSystem();

}  // namespace wagi::wasi
