#include "server/runner/debounce.h"

#include <gtest/gtest.h>

namespace wagi::runner {
namespace {

using std::chrono::milliseconds;

const Debounce::Clock::time_point kStart{std::chrono::seconds(1'000)};

TEST(Debounce, IsDueOnceItIsQuiet) {
  Debounce debounce;
  EXPECT_EQ(debounce.due(), std::nullopt);
  EXPECT_FALSE(debounce.take(kStart));
  debounce.touch(kStart);
  EXPECT_EQ(debounce.due(), kStart + Debounce::kQuiet);
  debounce.touch(kStart + milliseconds(50));
  EXPECT_FALSE(debounce.take(kStart + Debounce::kQuiet));
  EXPECT_TRUE(debounce.take(kStart + milliseconds(50) + Debounce::kQuiet));
  EXPECT_EQ(debounce.due(), std::nullopt);
}

TEST(Debounce, ChangesWithoutEndAreSeenAllTheSame) {
  Debounce debounce;
  auto now = kStart;
  for (; now < kStart + Debounce::kLongest; now += milliseconds(50)) {
    debounce.touch(now);
    EXPECT_FALSE(debounce.take(now));
  }
  EXPECT_TRUE(debounce.take(kStart + Debounce::kLongest));
}

TEST(Debounce, EachBurstIsItsOwn) {
  Debounce debounce;
  debounce.touch(kStart);
  EXPECT_TRUE(debounce.take(kStart + Debounce::kQuiet));
  const auto later = kStart + 10 * Debounce::kLongest;
  debounce.touch(later);
  EXPECT_EQ(debounce.due(), later + Debounce::kQuiet);
}

}  // namespace
}  // namespace wagi::runner
