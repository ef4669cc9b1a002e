// The operating system as guests reach it beside their streams; a seam, so that tests decide what
// time it is, what is random and how old the kernel is.
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
  // The CPU time of the guest itself.
  [[nodiscard]] virtual std::chrono::nanoseconds cpuClock() = 0;
  // Cryptographically secure, fresh for each call (getrandom(2)).
  virtual void random(std::span<std::byte> out) = 0;
  // How many files all guests of the process may have open at once.
  [[nodiscard]] virtual std::size_t openFilesMax() = 0;

 private:
  friend class FilePlace;
  std::size_t open_files_ = 0;
};

// A place among the files that the guests of the process have open, held while a file is: guests
// that open all that they may must leave descriptors for the connections of others.
class FilePlace {
 public:
  FilePlace() = default;  // No place.
  FilePlace(FilePlace&& other) noexcept : system_(std::exchange(other.system_, nullptr)) {}
  FilePlace& operator=(FilePlace&& other) noexcept {
    std::swap(system_, other.system_);
    return *this;
  }
  ~FilePlace() {
    if (system_ != nullptr) --system_->open_files_;
  }

  // Nullopt when none is left. Borrows `system`.
  [[nodiscard]] static std::optional<FilePlace> acquire(System& system) {
    if (system.open_files_ >= system.openFilesMax()) return std::nullopt;
    ++system.open_files_;
    return FilePlace(system);
  }

 private:
  explicit FilePlace(System& system) : system_(&system) {}
  System* system_ = nullptr;
};

// The kernel's clocks and getrandom(2), and half of the descriptors that the process may have for
// guests' files (RLIMIT_NOFILE as it is at the first call). Used by one thread of a process. Its
// CPU clock is the calling thread's, which counts the other guests of the thread too: whoever knows
// when a guest ran gives it a System that subtracts.
System& realSystem();

}  // namespace wagi::wasi
