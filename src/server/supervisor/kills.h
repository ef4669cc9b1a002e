// How often the guests of one module have ended their worker.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>

namespace wagi::supervisor {

// A value; the caller brings the time.
class Kills {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  // A module that ends so many workers within such a time is taken out of service: each takes its
  // connections with it.
  static constexpr std::size_t kKillsMax = 5;
  static constexpr std::chrono::seconds kWindow{60};

  // Whether this one is one too many.
  [[nodiscard]] bool add(TimePoint now) {
    while (!recent_.empty() && now - recent_.front() >= kWindow) recent_.pop_front();
    recent_.push_back(now);
    return recent_.size() >= kKillsMax;
  }

 private:
  std::deque<TimePoint> recent_;
};

}  // namespace wagi::supervisor
