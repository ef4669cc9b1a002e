#include "server/worker/compute_history.h"

#include <gtest/gtest.h>

namespace wagi::worker {
namespace {

void addOthers(Habit& habit, int count) {
  for (int i = 0; i < count; ++i) habit.add(false);
}

TEST(Habit, OneThatWasHeldUpMakesNone) {
  Habit habit;
  EXPECT_FALSE(habit.often());
  habit.add(true);
  EXPECT_FALSE(habit.often());
  addOthers(habit, Habit::kOneIn);
  habit.add(true);
  EXPECT_FALSE(habit.often()) << "one in a hundred, each alone";
}

TEST(Habit, TwoAmongAHundredDo) {
  Habit habit;
  habit.add(true);
  addOthers(habit, Habit::kOneIn - 1);
  habit.add(true);
  EXPECT_TRUE(habit.often());
  habit.add(false);
  EXPECT_FALSE(habit.often());
}

TEST(Habit, AThousandShortOnesEndAnyHabit) {
  Habit habit;
  for (int i = 0; i < 1'000'000; ++i) habit.add(true);
  EXPECT_TRUE(habit.often());
  addOthers(habit, 1'000);
  EXPECT_FALSE(habit.often());
}

}  // namespace
}  // namespace wagi::worker
