// Whether a route's guests compute, judged by those that ran last.
#pragma once

#include <algorithm>

namespace wagi::worker {

class Habit {
 public:
  // One of so many is enough, from the second on: a single one may have been held up by the
  // machine.
  static constexpr int kOneIn = 100;

  void addComputing() { score_ = std::min(score_ + kOneIn, kScoreMax); }
  void addShort() { score_ -= score_ > 0 ? 1 : 0; }
  [[nodiscard]] bool computes() const { return score_ > kOneIn; }

 private:
  static constexpr int kScoreMax = 10 * kOneIn;  // What a thousand short ones make up for.
  int score_ = 0;
};

}  // namespace wagi::worker
