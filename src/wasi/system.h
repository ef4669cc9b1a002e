// Time and randomness for guests; a seam, so that tests decide both.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

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
};

// The kernel's clocks and getrandom(2).
System& realSystem();

}  // namespace wagi::wasi
