// Many changes close to each other as one: an editor or a compiler writes a file in several steps.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace wagi::runner {

// Due when nothing has happened for a while, and at the latest some time after the first change. A
// value; the caller brings the time.
class Debounce {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kQuiet{100};
  static constexpr std::chrono::milliseconds kLongest{2'000};

  void touch(Clock::time_point now) {
    if (!pending_) first_ = now;
    pending_ = true;
    last_ = now;
  }
  [[nodiscard]] std::optional<Clock::time_point> due() const {
    if (!pending_) return std::nullopt;
    return std::min(last_ + kQuiet, first_ + kLongest);
  }
  // Whether it is due; then it waits for the next change.
  [[nodiscard]] bool take(Clock::time_point now) {
    if (!pending_ || now < *due()) return false;
    pending_ = false;
    return true;
  }

 private:
  bool pending_ = false;
  Clock::time_point first_;  // When the first of the pending changes came.
  Clock::time_point last_;
};

}  // namespace wagi::runner
