// Whether a route's guests often do something, judged by those that ran last.
#pragma once

#include <algorithm>

namespace wagi::worker {

class Habit {
 public:
  // One of so many is enough, from the second on: a single one may have been held up by the
  // machine.
  static constexpr int kOneIn = 100;

  void add(bool did) {
    score_ = did ? std::min(score_ + kOneIn, kScoreMax) : std::max(score_ - 1, 0);
  }
  [[nodiscard]] bool often() const { return score_ > kOneIn; }

 private:
  static constexpr int kScoreMax = 10 * kOneIn;  // What a thousand that didn't make up for.
  int score_ = 0;
};

}  // namespace wagi::worker
