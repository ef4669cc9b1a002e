// Tells the time: a seam, so that a test decides it.
#pragma once

#include <chrono>
#include <ctime>
#include <thread>

namespace wagi {

// Borrowed by whoever measures time; it outlives them all.
class Clock {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr Time kNever = Time::max();

  // Never goes back, whatever becomes of the date.
  [[nodiscard]] virtual Time now() const = 0;
  // Seconds since 1970-01-01 UTC.
  [[nodiscard]] virtual std::time_t date() const = 0;
  // For those who may block.
  virtual void sleep(std::chrono::nanoseconds time) const = 0;

 protected:
  ~Clock() = default;  // Nobody owns a clock through this class.
};

// The clocks of the kernel.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] std::time_t date() const override { return std::time(nullptr); }
  void sleep(std::chrono::nanoseconds time) const override { std::this_thread::sleep_for(time); }
};

// For whoever is given no other clock; it has no state.
inline constexpr SystemClock kSystemClock{};

// The clock of a test: time passes when the test says so, or somebody sleeps.
class ManualClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return now_; }
  [[nodiscard]] std::time_t date() const override {
    return std::chrono::duration_cast<std::chrono::seconds>(now_.time_since_epoch()).count();
  }
  void sleep(std::chrono::nanoseconds time) const override { now_ += time; }
  void advance(std::chrono::nanoseconds time) { now_ += time; }

 private:
  // So late that a date is one of this century.
  mutable Time now_{std::chrono::hours(24 * 365 * 50)};
};

}  // namespace wagi
