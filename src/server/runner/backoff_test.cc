#include "server/runner/backoff.h"

#include <gtest/gtest.h>

namespace wagi::runner {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const BackOff::Clock::time_point kStart{seconds(1'000)};

TEST(BackOff, DoublesUpToTheLongest) {
  BackOff back_off;
  milliseconds expected = BackOff::kFirst;
  for (int death = 0; death < 7; ++death) {
    EXPECT_EQ(back_off.delayAfter(kStart, kStart), expected);
    expected *= 2;
  }
  EXPECT_EQ(back_off.delayAfter(kStart, kStart), BackOff::kLongest);
  EXPECT_EQ(back_off.delayAfter(kStart, kStart), BackOff::kLongest);
}

TEST(BackOff, BeginsAnewAfterALongLife) {
  BackOff back_off;
  for (int death = 0; death < 5; ++death) std::ignore = back_off.delayAfter(kStart, kStart);
  const auto almost = kStart + BackOff::kForgivenAfter - milliseconds(1);
  EXPECT_GT(back_off.delayAfter(kStart, almost), BackOff::kFirst);
  EXPECT_EQ(back_off.delayAfter(kStart, kStart + BackOff::kForgivenAfter), BackOff::kFirst);
  EXPECT_EQ(back_off.delayAfter(kStart, kStart), 2 * BackOff::kFirst);
}

}  // namespace
}  // namespace wagi::runner
