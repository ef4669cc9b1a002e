#include "server/worker/counters.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace wagi::worker {
namespace {

TEST(SharedCounters, CountsOverAllWorkersUpToTheMaximum) {
  const auto counters = SharedCounters::create(2, 3).value();
  EXPECT_TRUE(counters->acquire(0, 1, 2));
  EXPECT_TRUE(counters->acquire(1, 1, 2));
  EXPECT_FALSE(counters->acquire(0, 1, 2));
  EXPECT_TRUE(counters->acquire(0, 2, 2)) << "another module has a count of its own";
  counters->release(1, 1);
  EXPECT_TRUE(counters->acquire(0, 1, 2));
  EXPECT_EQ(counters->running(1), 2u);
}

TEST(SharedCounters, ZeroIsNoLimit) {
  const auto counters = SharedCounters::create(1, 1).value();
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(counters->acquire(0, 0, 0));
  EXPECT_EQ(counters->running(0), 1000u);
}

TEST(SharedCounters, ForgetsWhatADeadWorkerHeld) {
  const auto counters = SharedCounters::create(2, 2).value();
  const pid_t child = ::fork();
  if (child == 0) {
    const bool both = counters->acquire(1, 0, 0) && counters->acquire(1, 1, 0);
    ::_exit(both ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  ASSERT_TRUE(counters->acquire(0, 0, 0));
  EXPECT_EQ(counters->running(0), 2u) << "the child's request is seen here";
  counters->forget(1);
  EXPECT_EQ(counters->running(0), 1u);
  EXPECT_EQ(counters->running(1), 0u);
}

TEST(SharedCounters, KnowsWhoseGuestHadTheCoreWhenAWorkerDied) {
  const auto counters = SharedCounters::create(2, 3).value();
  EXPECT_EQ(counters->onCore(1), std::nullopt);
  const pid_t child = ::fork();
  if (child == 0) {
    {
      const SharedCounters::OnCore first(*counters, 1, 0);
    }
    const SharedCounters::OnCore second(*counters, 1, 2);
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(counters->onCore(1), 2u);
  EXPECT_EQ(counters->onCore(0), std::nullopt);
  counters->forget(1);
  EXPECT_EQ(counters->onCore(1), std::nullopt);
}

TEST(SharedCounters, WhatIsOutOfServiceIsSeenByAll) {
  const auto counters = SharedCounters::create(1, 2).value();
  const pid_t child = ::fork();
  if (child == 0) {
    counters->takeOutOfService(1);
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(counters->isOutOfService(1));
  EXPECT_FALSE(counters->isOutOfService(0));
}

}  // namespace
}  // namespace wagi::worker
