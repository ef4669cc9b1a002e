#include "worker/habit.h"

#include <gtest/gtest.h>

namespace wagi::worker {
namespace {

void addShort(Habit& habit, int count) {
  for (int i = 0; i < count; ++i) habit.addShort();
}

TEST(Habit, OneThatWasHeldUpMakesNone) {
  Habit habit;
  EXPECT_FALSE(habit.computes());
  habit.addComputing();
  EXPECT_FALSE(habit.computes());
  addShort(habit, Habit::kOneIn);
  habit.addComputing();
  EXPECT_FALSE(habit.computes()) << "one in a hundred, each alone";
}

TEST(Habit, TwoAmongAHundredDo) {
  Habit habit;
  habit.addComputing();
  addShort(habit, Habit::kOneIn - 1);
  habit.addComputing();
  EXPECT_TRUE(habit.computes());
  habit.addShort();
  EXPECT_FALSE(habit.computes());
}

TEST(Habit, AThousandShortOnesEndAnyHabit) {
  Habit habit;
  for (int i = 0; i < 1'000'000; ++i) habit.addComputing();
  EXPECT_TRUE(habit.computes());
  addShort(habit, 1'000);
  EXPECT_FALSE(habit.computes());
}

}  // namespace
}  // namespace wagi::worker
