#include "net/loop/waiter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <optional>
#include <string>
#include <vector>

#include "net/loop/loop.h"

namespace wagi::loop {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;
using testing::ElementsAre;

// One that waits, and the other end of its exchange.
struct Coroutine final : Peer {
  explicit Coroutine(Loop& loop) : loop_(loop), waiter(loop) { waiter.attach(this); }

  void begin(awaitable<Wake> wait) {
    ended.reset();
    boost::asio::co_spawn(loop_.io(), run(std::move(wait)), boost::asio::detached);
    loop_.io().restart();
    loop_.io().poll();
  }
  awaitable<void> run(awaitable<Wake> wait) { ended = co_await std::move(wait); }

  Loop& loop_;
  Waiter waiter;
  Standing standing = Standing::kThere;
  bool ready = false;  // Whether input and output are ready.
  bool leaves_unseen = false;
  Clock::Time look_again_at = Clock::kNever;
  int looks = 0;
  std::optional<Wake> ended;

 private:
  void beginWait(const Wait&) override {}
  Standing look() override {
    ++looks;
    return standing;
  }
  bool isReady(Wait::For) const override { return ready; }
  Clock::Time listen() override { return look_again_at; }
  bool hasLeftUnseen() override {
    if (leaves_unseen) standing = Standing::kLeft;
    return leaves_unseen;
  }
};

class WaiterTest : public testing::Test {
 protected:
  void pass(std::chrono::nanoseconds time) {
    clock_.advance(time);
    loop_.checkTime();
    io_.restart();
    io_.poll();
  }

  ManualClock clock_;
  boost::asio::io_context io_;
  Loop loop_{io_, clock_};
};

TEST_F(WaiterTest, ATimeIsWaitedForToTheMoment) {
  Coroutine later(loop_), sooner(loop_);
  later.begin(later.waiter.waitUntil(clock_.now() + milliseconds(20)));
  sooner.begin(sooner.waiter.waitUntil(clock_.now() + milliseconds(10)));
  pass(milliseconds(10) - std::chrono::nanoseconds(1));
  EXPECT_FALSE(sooner.ended);
  pass(std::chrono::nanoseconds(1));
  EXPECT_EQ(sooner.ended, Wake::kReady);
  EXPECT_FALSE(later.ended);
  pass(milliseconds(10));
  EXPECT_EQ(later.ended, Wake::kReady);
  sooner.begin(sooner.waiter.waitUntil(clock_.now()));
  EXPECT_EQ(sooner.ended, Wake::kReady) << "without a suspension";
}

// The same with the kernel's clock: the loop's own timer does it.
TEST(Waiter, IsWokenByTheLoop) {
  const SystemClock clock;
  boost::asio::io_context io;
  Loop loop(io, clock);
  Coroutine sleeper(loop), late(loop);
  late.waiter.setDeadline(clock.now());
  late.begin(late.waiter.waitUntil(Clock::kNever));
  const Clock::Time when = clock.now() + milliseconds(2);
  sleeper.begin(sleeper.waiter.waitUntil(when));
  while (!sleeper.ended || !late.ended) io.run_one();
  EXPECT_EQ(sleeper.ended, Wake::kReady);
  EXPECT_GE(clock.now(), when);
  EXPECT_EQ(late.ended, Wake::kExpired);
}

TEST_F(WaiterTest, ADeadlineIsSeenAtTheNextSweep) {
  Coroutine one(loop_);
  one.waiter.setDeadline(clock_.now() + milliseconds(10));
  one.begin(one.waiter.waitNotified());
  pass(Loop::kSweepPeriod - milliseconds(1));
  EXPECT_FALSE(one.ended);
  pass(milliseconds(1));
  EXPECT_EQ(one.ended, Wake::kExpired);
  one.waiter.renew();
  one.begin(one.waiter.waitNotified());
  pass(std::chrono::hours(1));
  EXPECT_FALSE(one.ended) << "renewed it has none";
  one.standing = Peer::Standing::kLost;
  one.waiter.wake();
}

TEST_F(WaiterTest, ANoticeEndsOneWaitBeforeOrAfterIt) {
  Coroutine one(loop_);
  one.waiter.notify();
  one.waiter.notify();
  one.begin(one.waiter.waitNotified());
  EXPECT_EQ(one.ended, Wake::kReady);
  one.begin(one.waiter.waitNotified());
  EXPECT_FALSE(one.ended) << "two notices before a wait end one";
  one.waiter.notify();
  EXPECT_FALSE(one.ended) << "nobody is resumed before it returns";
  pass(milliseconds(0));
  EXPECT_EQ(one.ended, Wake::kReady);
}

TEST_F(WaiterTest, ANoticeForOneThatIsGoneWakesNobody) {
  Coroutine other(loop_);
  other.begin(other.waiter.waitNotified());
  {
    Coroutine gone(loop_);
    gone.waiter.notify();
  }
  other.waiter.notify();
  pass(milliseconds(0));
  EXPECT_EQ(other.ended, Wake::kReady);
}

TEST_F(WaiterTest, WhoIsReadyOrGoneOrLate) {
  struct Case {
    Peer::Standing standing;
    bool ready, late;
    std::optional<Wake> ends;
  };
  using Standing = Peer::Standing;
  for (const auto& [standing, ready, late, ends] :
       {Case{Standing::kThere, false, false, std::nullopt},
        Case{Standing::kThere, true, false, Wake::kReady},
        Case{Standing::kThere, true, true, Wake::kExpired},
        Case{Standing::kLeft, true, false, Wake::kReady},
        Case{Standing::kLeft, false, false, Wake::kGone},
        Case{Standing::kLeft, false, true, Wake::kExpired},
        Case{Standing::kLost, true, true, Wake::kGone}}) {
    for (const Wait::For what : {Wait::For::kInput, Wait::For::kOutput}) {
      Coroutine one(loop_);
      one.standing = standing;
      one.ready = ready;
      if (late) one.waiter.setDeadline(loop_.now());
      one.begin(one.waiter.wait({.what = what}));
      EXPECT_EQ(one.ended, ends);
      one.standing = Standing::kLost;
      one.waiter.wake();
    }
  }
}

TEST_F(WaiterTest, InputMayBeWaitedForUntilATime) {
  Coroutine one(loop_);
  one.begin(one.waiter.wait({.what = Wait::For::kInput, .until = clock_.now() + milliseconds(5)}));
  one.waiter.wake();
  EXPECT_FALSE(one.ended) << "a needless wake does no harm";
  pass(milliseconds(5));
  EXPECT_EQ(one.ended, Wake::kReady);
}

// However fast the client reads.
TEST_F(WaiterTest, WhoOnlyWritesLetsOthersRun) {
  Coroutine writer(loop_);
  writer.ready = true;
  std::vector<std::string> order;
  boost::asio::post(io_, [&] { order.emplace_back("another"); });
  boost::asio::co_spawn(
      io_,
      [&]() -> awaitable<void> {
        const Wake wake = co_await writer.waiter.wait({.what = Wait::For::kOutput});
        EXPECT_EQ(wake, Wake::kReady);
        order.emplace_back("writer");
      },
      boost::asio::detached);
  boost::asio::post(io_, [&] { order.emplace_back("a third"); });
  pass(milliseconds(0));
  EXPECT_THAT(order, ElementsAre("another", "a third", "writer"));
}

TEST_F(WaiterTest, ATurnIsNotBroughtForwardByAWake) {
  Coroutine one(loop_);
  boost::asio::co_spawn(
      io_,
      [&]() -> awaitable<void> { one.ended = co_await one.waiter.yield(RunQueue::Place::kBack); },
      boost::asio::detached);
  boost::asio::post(io_, [&] {
    one.waiter.wake();
    EXPECT_FALSE(one.ended);
  });
  pass(milliseconds(0));
  EXPECT_EQ(one.ended, Wake::kReady);
  one.standing = Peer::Standing::kLeft;
  one.begin(one.waiter.yield(RunQueue::Place::kBack));
  EXPECT_EQ(one.ended, Wake::kGone);
}

TEST_F(WaiterTest, APeerThatLeavesUnseenIsFoundAtASweep) {
  Coroutine one(loop_);
  one.begin(one.waiter.waitUntil(Clock::kNever));
  one.leaves_unseen = true;
  pass(Loop::kSweepPeriod);
  EXPECT_EQ(one.ended, Wake::kGone);
}

TEST_F(WaiterTest, APeerSaysWhenToLookAgain) {
  Coroutine one(loop_);
  one.look_again_at = clock_.now() + milliseconds(150);
  one.begin(one.waiter.waitUntil(Clock::kNever));
  const int looks = one.looks;
  pass(Loop::kSweepPeriod);
  EXPECT_EQ(one.looks, looks);
  one.standing = Peer::Standing::kLost;
  pass(Loop::kSweepPeriod);
  EXPECT_EQ(one.ended, Wake::kGone);
}

class IdleTest : public WaiterTest {
 protected:
  // Between two requests: woken, it says so and ends.
  void beIdle(Coroutine& one, std::string name, Clock::Time until) {
    boost::asio::co_spawn(
        io_,
        [this, &one, name, until]() -> awaitable<void> {
          co_await one.waiter.suspendIdle(until);
          woken_.push_back(name);
        },
        boost::asio::detached);
    pass(milliseconds(0));
  }

  std::vector<std::string> woken_;
};

TEST_F(IdleTest, AreWokenInTheOrderOfTheirTimes) {
  Coroutine a(loop_), b(loop_), c(loop_), d(loop_);
  beIdle(b, "b", clock_.now() + milliseconds(20));
  beIdle(c, "c", clock_.now() + milliseconds(30));
  beIdle(a, "a", clock_.now() + milliseconds(10));
  beIdle(d, "d", clock_.now() + milliseconds(500));
  pass(Loop::kSweepPeriod);
  EXPECT_THAT(woken_, ElementsAre("a", "b", "c"));
  d.waiter.wake();
}

TEST_F(IdleTest, AreWokenAllAtOnceAndNobodyElse) {
  Coroutine a(loop_), b(loop_), busy(loop_);
  busy.begin(busy.waiter.waitNotified());
  beIdle(a, "a", Clock::kNever);
  beIdle(b, "b", Clock::kNever);
  const int looks = busy.looks;
  loop_.wakeIdle();
  EXPECT_THAT(woken_, ElementsAre("a", "b"));
  EXPECT_EQ(busy.looks, looks);
  loop_.wakeIdle();
  busy.waiter.notify();
  pass(milliseconds(0));
  EXPECT_EQ(busy.ended, Wake::kReady);
}

// Waking one may end others.
TEST_F(IdleTest, OneThatIsGoneBeforeItsWakeIsLeftOut) {
  Coroutine a(loop_), c(loop_);
  std::optional<Coroutine> b(std::in_place, loop_);
  boost::asio::co_spawn(
      io_,
      [&]() -> awaitable<void> {
        co_await a.waiter.suspendIdle(Clock::kNever);
        b.reset();
      },
      boost::asio::detached);
  pass(milliseconds(0));
  (void)b->waiter.suspendIdle(Clock::kNever);  // Stands there, though nobody is suspended in it.
  beIdle(c, "c", Clock::kNever);
  loop_.wakeIdle();
  EXPECT_THAT(woken_, ElementsAre("c"));
}

TEST(Loop, IsNotWokenWhileNobodyWaits) {
  ManualClock clock;
  boost::asio::io_context io;
  Loop loop(io, clock);
  io.run();
  EXPECT_TRUE(io.stopped()) << "without work";
  {
    Coroutine one(loop);
    clock.advance(std::chrono::hours(1));
    loop.checkTime();
  }
  clock.advance(std::chrono::hours(1));
  loop.checkTime();
  io.restart();
  io.run();
  EXPECT_TRUE(io.stopped()) << "once its last timer has passed";
}

}  // namespace
}  // namespace wagi::loop
