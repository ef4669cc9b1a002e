#include "server/worker/failure_log.h"

#include <gtest/gtest.h>

namespace wagi::worker {
namespace {

using std::chrono::milliseconds;

TEST(FailureLog, TellsOfTheFirstOnesOfAWindowAndCountsTheRest) {
  FailureLog failures;
  FailureLog::TimePoint now{std::chrono::hours(1)};
  for (std::size_t i = 1; i <= FailureLog::kFailuresMax; ++i) {
    const auto entry = failures.next(now);
    EXPECT_TRUE(entry.logged);
    EXPECT_EQ(entry.last, i == FailureLog::kFailuresMax);
    EXPECT_EQ(entry.left_out, 0u);
  }
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(failures.next(now).logged);
  now += FailureLog::kWindow - milliseconds(1);
  EXPECT_FALSE(failures.next(now).logged);
  EXPECT_EQ(failures.leftOut(), 4u);

  now += milliseconds(1);
  const auto entry = failures.next(now);
  EXPECT_TRUE(entry.logged);
  EXPECT_FALSE(entry.last);
  EXPECT_EQ(entry.left_out, 4u);
  EXPECT_EQ(failures.leftOut(), 0u) << "told once";
  EXPECT_EQ(failures.next(now).left_out, 0u);
}

}  // namespace
}  // namespace wagi::worker
