#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "guest/wasi/guest_testing.h"
#include "guest/wasi/limits.h"

namespace wagi::wasi {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using State = Guest::State;
using TimePoint = std::chrono::steady_clock::time_point;
using U32 = std::uint32_t;
using U64 = std::uint64_t;

constexpr U32 kRealtime = 0, kMonotonic = 1;
constexpr U64 kAbsolute = kSubclockflagsAbstime;

Subscription onClock(U64 userdata, U32 clock, nanoseconds timeout, U64 flags = 0) {
  return {userdata, kEventtypeClock, clock, 0, static_cast<U64>(timeout.count()), 0, flags};
}
Subscription onRead(U64 userdata, U32 fd) { return {userdata, kEventtypeFdRead, fd, 0, 0, 0, 0}; }
Subscription onWrite(U64 userdata, U32 fd) { return {userdata, kEventtypeFdWrite, fd, 0, 0, 0, 0}; }

class PollTest : public testing::Test {
 protected:
  State poll(const std::vector<Subscription>& subscriptions) {
    std::string bytes(reinterpret_cast<const char*>(subscriptions.data()),
                      subscriptions.size() * sizeof(Subscription));
    return guest_.start("poll_oneoff", {guest_.put(bytes), kEvents, subscriptions.size(), 0});
  }
  // The events of a call that has returned.
  std::vector<Event> events() {
    EXPECT_EQ(guest_.result(), Errno::kSuccess);
    std::vector<Event> result;
    result.reserve(guest_.load<U32>(0));
    for (U32 i = 0; i < guest_.load<U32>(0); ++i) {
      result.push_back(guest_.load<Event>(kEvents + i * sizeof(Event)));
    }
    return result;
  }
  Errno error(const Event& event) { return static_cast<Errno>(event.error); }
  TimePoint now() { return world_.system.monotonicClock(); }

  static constexpr U32 kEvents = 200 << 10;
  World world_;
  Guest guest_{world_};
};

TEST_F(PollTest, NothingToWaitForIsAnError) {
  EXPECT_EQ(guest_.call("poll_oneoff", {8, kEvents, 0, 0}), Errno::kInval);
}

TEST_F(PollTest, SubscriptionsAreLimited) {
  World world;
  Guest guest(world, R"((module
      (import "wasi_snapshot_preview1" "poll_oneoff"
        (func $poll (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 100)
      (func (export "poll") (param i32) (result i32)
        (call $poll (i32.const 64) (i32.const 1000000) (local.get 0) (i32.const 0)))))");
  // A subscription of zeros is for a time that has passed.
  EXPECT_EQ(guest.call("poll", {kSubscriptionsMax}), Errno::kSuccess);
  EXPECT_EQ(guest.load<U32>(0), kSubscriptionsMax);
  EXPECT_EQ(guest.call("poll", {kSubscriptionsMax + 1}), Errno::kInval);
}

TEST_F(PollTest, ARelativeTimeIsWaitedFor) {
  for (const U32 clock : {kRealtime, kMonotonic}) {
    const TimePoint until = now() + milliseconds(50);
    ASSERT_EQ(poll({onClock(77, clock, milliseconds(50))}), State::kSuspended);
    ASSERT_TRUE(guest_.suspension());
    EXPECT_EQ(guest_.wait().until, until);
    EXPECT_FALSE(guest_.wait().in);

    world_.system.pass(milliseconds(49));
    ASSERT_EQ(guest_.resume(), State::kSuspended);
    EXPECT_EQ(guest_.wait().until, until) << "not later for having been resumed";
    world_.system.pass(milliseconds(1));
    ASSERT_EQ(guest_.resume(), State::kReturned);
    EXPECT_FALSE(guest_.suspension());
    ASSERT_EQ(events().size(), 1);
    EXPECT_EQ(events()[0].userdata, 77);
    EXPECT_EQ(events()[0].type, kEventtypeClock);
    EXPECT_EQ(error(events()[0]), Errno::kSuccess);
  }
}

TEST_F(PollTest, AnAbsoluteTimeIsWaitedFor) {
  ASSERT_EQ(poll({onClock(1, kMonotonic, world_.system.monotonic + seconds(2), kAbsolute)}),
            State::kSuspended);
  EXPECT_EQ(guest_.wait().until, now() + seconds(2));
  world_.system.pass(seconds(2));
  ASSERT_EQ(guest_.resume(), State::kReturned);
  EXPECT_EQ(events().size(), 1);
}

TEST_F(PollTest, AnAbsoluteWallTimeFollowsTheWallClock) {
  ASSERT_EQ(poll({onClock(1, kRealtime, world_.system.wall + seconds(10), kAbsolute)}),
            State::kSuspended);
  EXPECT_EQ(guest_.wait().until, now() + seconds(10));
  world_.system.wall += seconds(9);  // It is set.
  ASSERT_EQ(guest_.resume(), State::kSuspended);
  EXPECT_EQ(guest_.wait().until, now() + seconds(1));
  world_.system.wall += seconds(1);
  ASSERT_EQ(guest_.resume(), State::kReturned);
}

TEST_F(PollTest, TimesThatHavePassedReturnAtOnce) {
  ASSERT_EQ(
      poll({onClock(1, kMonotonic, nanoseconds(0)),
            onClock(2, kMonotonic, nanoseconds(1), kAbsolute),
            onClock(3, kRealtime, nanoseconds(0), kAbsolute), onClock(4, kRealtime, seconds(1))}),
      State::kReturned);
  ASSERT_EQ(events().size(), 3);
  EXPECT_EQ(events()[2].userdata, 3);
}

TEST_F(PollTest, TheLongestTimeDoesNotWrap) {
  for (const U32 clock : {kRealtime, kMonotonic}) {
    for (const U64 flags : {U64{0}, kAbsolute}) {
      Subscription forever = onClock(1, clock, nanoseconds(0), flags);
      for (const U64 timeout :
           {std::numeric_limits<U64>::max(), U64{1} << 63, (U64{1} << 63) - 1}) {
        forever.timeout = timeout;
        ASSERT_EQ(poll({forever}), State::kSuspended);
        EXPECT_GT(*guest_.wait().until, now() + seconds(1'000'000));
        guest_.drop();
      }
    }
  }
}

TEST_F(PollTest, TheEarliestOfSeveralTimesCounts) {
  ASSERT_EQ(poll({onClock(1, kMonotonic, seconds(9)), onClock(2, kMonotonic, seconds(3)),
                  onClock(3, kMonotonic, seconds(5))}),
            State::kSuspended);
  EXPECT_EQ(guest_.wait().until, now() + seconds(3));
  world_.system.pass(seconds(6));
  ASSERT_EQ(guest_.resume(), State::kReturned);
  ASSERT_EQ(events().size(), 2) << "all that have come";
  EXPECT_EQ(events()[0].userdata, 2);
  EXPECT_EQ(events()[1].userdata, 3);
}

TEST_F(PollTest, InputIsWaitedFor) {
  ASSERT_EQ(poll({onRead(5, 0)}), State::kSuspended);
  EXPECT_TRUE(guest_.wait().in);
  EXPECT_FALSE(guest_.wait().until);
  ASSERT_EQ(guest_.resume(), State::kSuspended);
  world_.in.add("four");
  ASSERT_EQ(guest_.resume(), State::kReturned);
  ASSERT_EQ(events().size(), 1);
  EXPECT_EQ(events()[0].userdata, 5);
  EXPECT_EQ(events()[0].type, kEventtypeFdRead);
  EXPECT_EQ(events()[0].nbytes, 4);
  EXPECT_EQ(events()[0].flags, 0);
}

TEST_F(PollTest, TheEndOfInputIsAHangup) {
  world_.in.end();
  ASSERT_EQ(poll({onRead(5, 0)}), State::kReturned);
  ASSERT_EQ(events().size(), 1);
  EXPECT_EQ(events()[0].nbytes, 0);
  EXPECT_EQ(events()[0].flags, kEventrwflagsHangup);
}

TEST_F(PollTest, InputOrTimeWhicheverIsFirst) {
  ASSERT_EQ(poll({onRead(1, 0), onClock(2, kMonotonic, seconds(1))}), State::kSuspended);
  EXPECT_TRUE(guest_.wait().in);
  EXPECT_EQ(guest_.wait().until, now() + seconds(1));
  world_.in.add("x");
  ASSERT_EQ(guest_.resume(), State::kReturned);
  ASSERT_EQ(events().size(), 1);
  EXPECT_EQ(events()[0].userdata, 1);
  EXPECT_EQ(guest_.read(0), "x");

  ASSERT_EQ(poll({onRead(1, 0), onClock(2, kMonotonic, seconds(1))}), State::kSuspended);
  world_.system.pass(seconds(1));
  ASSERT_EQ(guest_.resume(), State::kReturned);
  ASSERT_EQ(events().size(), 1);
  EXPECT_EQ(events()[0].userdata, 2);
}

TEST_F(PollTest, RoomInAnOutputIsWaitedFor) {
  world_.out.writable_calls = world_.err.writable_calls = 0;
  ASSERT_EQ(poll({onWrite(1, 1), onClock(2, kMonotonic, seconds(1))}), State::kSuspended);
  EXPECT_TRUE(guest_.wait().out);
  EXPECT_FALSE(guest_.wait().err);
  EXPECT_EQ(guest_.wait().until, now() + seconds(1));
  world_.out.writable_calls = 1;
  ASSERT_EQ(guest_.resume(), State::kReturned);
  ASSERT_EQ(events().size(), 1);
  EXPECT_EQ(events()[0].userdata, 1);

  ASSERT_EQ(poll({onWrite(1, 2)}), State::kSuspended);
  EXPECT_FALSE(guest_.wait().out);
  EXPECT_TRUE(guest_.wait().err);
  guest_.drop();
}

TEST_F(PollTest, OutputsWithRoomAreReady) {
  ASSERT_EQ(poll({onWrite(1, 1), onRead(2, 0), onWrite(3, 2)}), State::kReturned);
  ASSERT_EQ(events().size(), 2);
  EXPECT_EQ(events()[0].userdata, 1);
  EXPECT_EQ(events()[0].type, kEventtypeFdWrite);
  EXPECT_GT(events()[0].nbytes, 0);
  EXPECT_EQ(events()[1].userdata, 3);
}

TEST_F(PollTest, ABadSubscriptionFailsInItsEvent) {
  ASSERT_EQ(poll({onRead(1, 9), onWrite(2, 0), onRead(3, 1), onClock(4, 9, seconds(1)),
                  onClock(5, 2, seconds(1)), onClock(6, 3, seconds(1))}),
            State::kReturned);
  const Errno expected[] = {Errno::kBadf,  Errno::kBadf,   Errno::kBadf,
                            Errno::kInval, Errno::kNotsup, Errno::kNotsup};
  ASSERT_EQ(events().size(), 6);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(events()[i].userdata, i + 1);
    EXPECT_EQ(error(events()[i]), expected[i]) << i;
  }
}

TEST_F(PollTest, AnUnknownTypeFailsTheCall) {
  Subscription unknown = onRead(1, 0);
  unknown.tag = 3;
  ASSERT_EQ(poll({unknown}), State::kReturned);
  EXPECT_EQ(guest_.result(), Errno::kInval);
}

TEST_F(PollTest, ASuspendedPollCanBeDropped) {
  ASSERT_EQ(poll({onClock(1, kMonotonic, seconds(9))}), State::kSuspended);
  guest_.drop();
}

TEST(PollFilesTest, FilesAreAlwaysReadyAndFoldersNever) {
  TemporaryFolder folder;
  folder.write("f", "12345");
  World world;
  const UniqueFd opened = folder.open();
  world.preopens.push_back({"/", opened.get(), false});
  Guest guest(world);
  const U32 file = guest.open("f");
  EXPECT_EQ(guest.read(file, 2), "12");
  const Subscription subscriptions[] = {onRead(1, file), onWrite(2, file), onRead(3, 3)};
  const U32 at = guest.put({reinterpret_cast<const char*>(subscriptions), sizeof(subscriptions)});
  EXPECT_EQ(guest.call("poll_oneoff", {at, 512, 3, 0}), Errno::kSuccess);
  ASSERT_EQ(guest.load<U32>(0), 3);
  EXPECT_EQ(guest.load<Event>(512).nbytes, 3);
  EXPECT_EQ(guest.load<Event>(512 + 32).error, 0);
  EXPECT_EQ(guest.load<Event>(512 + 64).error, static_cast<std::uint16_t>(Errno::kBadf));
}

}  // namespace
}  // namespace wagi::wasi
