// Whether a route's guests often compute for long, judged by those that ran last.
#pragma once

#include <algorithm>

namespace wagi::worker {

class ComputeHistory {
 public:
  // One of so many is enough, from the second on: a single one may have been held up by the
  // machine.
  static constexpr int kOneIn = 100;

  void add(bool computed) {
    score_ = computed ? std::min(score_ + kOneIn, kScoreMax) : std::max(score_ - 1, 0);
  }
  [[nodiscard]] bool often() const { return score_ > kOneIn; }

 private:
  static constexpr int kScoreMax = 10 * kOneIn;  // A thousand that didn't compute make up for it.
  int score_ = 0;
};

// How often the guests of one route had the core for long.
struct RouteHistory {
  ComputeHistory computing;       // Where often, each guest waits for its turn before it begins.
  ComputeHistory long_computing;  // Where often, each guest is watched from its begin.
};

}  // namespace wagi::worker
