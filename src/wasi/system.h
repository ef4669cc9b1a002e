// The operating system as guests reach it beside their streams; a seam, so that tests decide what
// time it is, what is random and how old the kernel is.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

struct open_how;

namespace wagi::wasi {

class System {
 public:
  virtual ~System() = default;
  [[nodiscard]] virtual std::chrono::nanoseconds wallClock() = 0;  // Since 1970-01-01 UTC.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point monotonicClock() = 0;
  // The CPU time of the guest itself.
  [[nodiscard]] virtual std::chrono::nanoseconds cpuClock() = 0;
  // Cryptographically secure, fresh for each call (getrandom(2)).
  virtual void random(std::span<std::byte> out) = 0;
  // openat2(2): a descriptor, or a negative errno; -ENOSYS where the kernel lacks it. Unless
  // overridden the kernel's.
  [[nodiscard]] virtual int openat2(int directory, const char* path, const open_how& how);
};

// The kernel's clocks and getrandom(2). Its CPU clock is the calling thread's, which counts the
// other guests of the thread too: whoever knows when a guest ran gives it a System that subtracts.
System& realSystem();

}  // namespace wagi::wasi
