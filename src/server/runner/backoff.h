// How long to wait before a worker that died is started again.
#pragma once

#include <algorithm>
#include <chrono>

namespace wagi::runner {

// Doubles with each death, up to a limit; a worker that lived for a while begins anew. A value; the
// caller brings the time.
class BackOff {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kFirst{100};
  static constexpr std::chrono::milliseconds kLongest{10'000};
  static constexpr std::chrono::milliseconds kForgivenAfter{30'000};

  // REQUIRES: died >= started.
  [[nodiscard]] std::chrono::milliseconds delayAfter(Clock::time_point started,
                                                     Clock::time_point died) {
    if (died - started >= kForgivenAfter) next_ = kFirst;
    const auto delay = next_;
    next_ = std::min(next_ * 2, kLongest);
    return delay;
  }

 private:
  std::chrono::milliseconds next_ = kFirst;
};

}  // namespace wagi::runner
