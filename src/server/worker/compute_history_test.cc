#include "server/worker/compute_history.h"

#include <gtest/gtest.h>

namespace wagi::worker {
namespace {

void addOthers(ComputeHistory& history, int count) {
  for (int i = 0; i < count; ++i) history.add(false);
}

TEST(ComputeHistory, OneThatWasHeldUpIsNotOften) {
  ComputeHistory history;
  EXPECT_FALSE(history.often());
  history.add(true);
  EXPECT_FALSE(history.often());
  addOthers(history, ComputeHistory::kOneIn);
  history.add(true);
  EXPECT_FALSE(history.often()) << "one in a hundred, each alone";
}

TEST(ComputeHistory, TwoAmongAHundredAreOften) {
  ComputeHistory history;
  history.add(true);
  addOthers(history, ComputeHistory::kOneIn - 1);
  history.add(true);
  EXPECT_TRUE(history.often());
  history.add(false);
  EXPECT_FALSE(history.often());
}

TEST(ComputeHistory, AThousandShortOnesEndAnyHistory) {
  ComputeHistory history;
  for (int i = 0; i < 1'000'000; ++i) history.add(true);
  EXPECT_TRUE(history.often());
  addOthers(history, 1'000);
  EXPECT_FALSE(history.often());
}

}  // namespace
}  // namespace wagi::worker
