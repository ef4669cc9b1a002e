// Guests that only say for how long they computed, by clocks that don't go by themselves.
#include "server/worker/guest_scheduler.h"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "guest/wasi/testing.h"

namespace wagi::worker {
namespace {

using engine::Ended;
using engine::Interrupted;
using engine::is;
using engine::Stop;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using wasi::BetweenPieces;
using wasi::EventWait;
using wasi::Yielded;
using Slice = GuestScheduler::Slice;
using Watched = GuestScheduler::Watched;

class GuestSchedulerTest : public testing::Test {
 protected:
  // One resumption of a guest.
  struct Burst {
    nanoseconds cpu;
    Stop stop;
  };

  // Gives the guest the core; it does `bursts`, and must be resumed for each of them.
  Stop run(std::deque<Burst> bursts) {
    const Stop stop = scheduler_->run([&](Watched watched) {
      const Burst burst = bursts.front();
      bursts.pop_front();
      watched_.push_back(watched == Watched::kYes);
      system_.cpu += burst.cpu;
      system_.pass(burst.cpu);
      return burst.stop;
    });
    EXPECT_TRUE(bursts.empty()) << "the guest was let wait for its turn";
    return stop;
  }
  void rest(nanoseconds time) {
    scheduler_->beginRest();
    system_.pass(time);
    scheduler_->endRest();
  }
  // The guest ends, and another one of its route comes.
  void next() {
    scheduler_.reset();
    scheduler_.emplace(system_, history_);
    watched_.clear();
  }

  wasi::FakeSystem system_;
  RouteHistory history_;
  std::optional<GuestScheduler> scheduler_{std::in_place, system_, history_};
  std::vector<bool> watched_;  // Each burst.
};

TEST_F(GuestSchedulerTest, AGuestThatEndsAtOnceIsNotMeasured) {
  EXPECT_TRUE(is<Ended>(run({{milliseconds(1), Ended{}}})));
  EXPECT_EQ(scheduler_->cpuTime(), nanoseconds(0));
  EXPECT_FALSE(scheduler_->computes());
}

TEST_F(GuestSchedulerTest, AGuestInterruptedInItsFirstSliceGoesOnAtOnce) {
  const Stop stop =
      run({{microseconds(100), Interrupted{}}, {microseconds(50), EventWait{.in = true}}});
  EXPECT_TRUE(is<EventWait>(stop));
  EXPECT_EQ(scheduler_->cpuTime(), microseconds(150));
  EXPECT_FALSE(scheduler_->computes()) << "the first slice doesn't count";
  EXPECT_TRUE(is<Interrupted>(run({{microseconds(10), Interrupted{}}}))) << "once only";
}

TEST_F(GuestSchedulerTest, TheFirstSliceCountsOnePeriodAtMost) {
  system_.pass(milliseconds(50));  // Others had the core.
  EXPECT_TRUE(is<EventWait>(run({{microseconds(10), EventWait{.in = true}}})));
  EXPECT_EQ(scheduler_->cpuTime(), kTickPeriod);
}

TEST_F(GuestSchedulerTest, TheTimeBeforeALateBeginDoesNotCount) {
  EXPECT_EQ(scheduler_->began(), system_.monotonicClock());
  system_.pass(milliseconds(50));
  scheduler_->beginLate();
  EXPECT_TRUE(is<EventWait>(run({{microseconds(10), EventWait{.in = true}}})));
  EXPECT_EQ(scheduler_->cpuTime(), microseconds(10));
}

TEST_F(GuestSchedulerTest, AGuestThatYieldsInItsFirstSliceLetsOthersRun) {
  EXPECT_TRUE(is<Yielded>(run({{microseconds(1), Yielded{}}})));
}

TEST_F(GuestSchedulerTest, PiecesOfACallGoOnUntilTheGuestComputes) {
  const Burst piece{microseconds(90), BetweenPieces{}};
  EXPECT_TRUE(is<Ended>(run({piece, piece, {microseconds(1), Ended{}}})));
  next();
  // The first one isn't measured.
  EXPECT_TRUE(is<BetweenPieces>(run({piece, piece, piece, piece})));
  EXPECT_TRUE(scheduler_->computes());
}

TEST_F(GuestSchedulerTest, AGuestThatComputesIsWatchedOnceItHasDoneSoForLong) {
  std::ignore = run({{microseconds(100), Interrupted{}}, {microseconds(201), Interrupted{}}});
  EXPECT_TRUE(scheduler_->computes());
  std::ignore = run({{microseconds(300), Interrupted{}}});
  std::ignore = run({{microseconds(1), Interrupted{}}});
  EXPECT_EQ(watched_, (std::vector{false, false, false, true}));
}

TEST_F(GuestSchedulerTest, ASliceIsOfOneMillisecondHoweverOftenItIsInterrupted) {
  std::ignore = run({{milliseconds(2), Interrupted{}}, {milliseconds(2), Interrupted{}}});
  EXPECT_EQ(scheduler_->nextSlice(), Slice::kNew) << "it had none of its own before";
  std::ignore = run({{microseconds(999), Interrupted{}}});
  EXPECT_EQ(scheduler_->nextSlice(), Slice::kSame);
  std::ignore = run({{microseconds(1), Interrupted{}}});
  EXPECT_EQ(scheduler_->nextSlice(), Slice::kNew);
  std::ignore = run({{microseconds(1), EventWait{.in = true}}});
  rest(nanoseconds(0));
  EXPECT_EQ(scheduler_->nextSlice(), Slice::kNew) << "a wait ends a slice";
}

TEST_F(GuestSchedulerTest, RestMakesUpForAHundredthOfItself) {
  std::ignore = run({{microseconds(1), Interrupted{}}, {microseconds(250), EventWait{.in = true}}});
  EXPECT_TRUE(scheduler_->computes());
  rest(microseconds(4'999));
  EXPECT_TRUE(scheduler_->computes());
  rest(microseconds(100));
  EXPECT_FALSE(scheduler_->computes());
  rest(std::chrono::hours(1));
  std::ignore = run({{kComputesAfter, EventWait{.in = true}}});
  EXPECT_FALSE(scheduler_->computes()) << "rest isn't saved up";
  std::ignore = run({{nanoseconds(1), EventWait{.in = true}}});
  EXPECT_TRUE(scheduler_->computes()) << "rest isn't saved up";
  EXPECT_EQ(scheduler_->cpuTime(), microseconds(251) + kComputesAfter + nanoseconds(1));
}

TEST_F(GuestSchedulerTest, AGuestThatBeginsInItsTurnIsMeasuredFromTheBegin) {
  scheduler_->beginInTurn();
  EXPECT_TRUE(is<Interrupted>(run({{microseconds(201), Interrupted{}}})));
  EXPECT_TRUE(scheduler_->computes());
}

TEST_F(GuestSchedulerTest, ARouteIsKnownByTwoGuestsThatComputed) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(history_.computing.often());
    EXPECT_FALSE(history_.long_computing.often());
    scheduler_->beginInTurn();
    std::ignore = run({{kWatchedAfter + nanoseconds(1), Ended{}}});
    next();
  }
  EXPECT_TRUE(history_.computing.often());
  EXPECT_TRUE(history_.long_computing.often());
  scheduler_->beginInTurn();
  std::ignore = run({{microseconds(1), Ended{}}});
  EXPECT_EQ(watched_, std::vector{true});
  next();
  for (int i = 0; i < ComputeHistory::kOneIn; ++i) {
    std::ignore = run({{microseconds(1), Ended{}}});
    next();
  }
  EXPECT_FALSE(history_.computing.often()) << "guests that didn't compute count as well";
  EXPECT_FALSE(history_.long_computing.often());
}

TEST_F(GuestSchedulerTest, AGuestThatNeverRanTellsNothing) {
  for (int i = 0; i < 2; ++i) history_.computing.add(true);
  next();
  EXPECT_TRUE(history_.computing.often());
}

}  // namespace
}  // namespace wagi::worker
