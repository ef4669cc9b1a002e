#include "net/loop/run_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace wagi::loop {
namespace {

using testing::ElementsAre;

class RunQueueTest : public testing::Test {
 protected:
  struct Runner final : RunQueue::Entry {
    Runner(RunQueueTest& test, std::string name) : test_(test), name_(std::move(name)) {}
    void takeTurn() override {
      test_.order_.push_back(name_);
      if (again > 0) {
        --again;
        test_.queue_.add(*this, place);
      }
    }
    int again = 0;
    RunQueue::Place place = RunQueue::Place::kBack;
    RunQueueTest& test_;
    const std::string name_;
  };

  const SystemClock clock_;
  boost::asio::io_context loop_;
  RunQueue queue_{loop_, clock_};
  std::vector<std::string> order_;
};

TEST_F(RunQueueTest, WhatIsReadyGoesFirst) {
  Runner a(*this, "a");
  queue_.add(a);
  boost::asio::post(loop_, [&] {
    order_.emplace_back("ready");
    boost::asio::post(loop_, [&] { order_.emplace_back("made ready by it"); });
  });
  loop_.run();
  EXPECT_THAT(order_, ElementsAre("ready", "made ready by it", "a"));
}

TEST_F(RunQueueTest, WhatOnlyALookAtTheSocketsFindsGoesFirst) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  boost::asio::posix::stream_descriptor reading(loop_, ends[0]);
  reading.async_wait(decltype(reading)::wait_read, [&](auto) { order_.emplace_back("socket"); });
  loop_.poll();
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  Runner a(*this, "a"), b(*this, "b");
  queue_.add(a);
  queue_.add(b);
  loop_.run();
  EXPECT_THAT(order_, ElementsAre("socket", "a", "b"));
  ::close(ends[1]);
}

TEST_F(RunQueueTest, GoRound) {
  Runner a(*this, "a"), b(*this, "b");
  a.again = b.again = 2;
  queue_.add(a);
  queue_.add(b);
  loop_.run();
  EXPECT_THAT(order_, ElementsAre("a", "b", "a", "b", "a", "b"));
}

TEST_F(RunQueueTest, OneThatWasInterruptedGoesOnBeforeOthers) {
  Runner a(*this, "a"), b(*this, "b");
  a.again = 1;
  a.place = RunQueue::Place::kFront;
  queue_.add(a);
  queue_.add(b);
  loop_.run();
  EXPECT_THAT(order_, ElementsAre("a", "a", "b"));
}

TEST_F(RunQueueTest, ComeThoughThereIsAlwaysSomethingReady) {
  Runner a(*this, "a");
  a.again = 3;
  queue_.add(a);
  const std::function<void()> busy = [&] {
    if (order_.size() < 4) boost::asio::post(loop_, busy);
  };
  boost::asio::post(loop_, busy);
  loop_.run();
  EXPECT_EQ(order_.size(), 4u);
}

TEST_F(RunQueueTest, OneThatLeavesOrDiesHasNone) {
  Runner a(*this, "a"), b(*this, "b");
  {
    Runner gone(*this, "gone");
    queue_.add(gone);
    queue_.add(a);
    queue_.add(b);
  }
  a.leaveQueue();
  EXPECT_FALSE(a.isQueued());
  loop_.run();
  EXPECT_THAT(order_, ElementsAre("b"));
}

// A freed one would still be read: AddressSanitizer sees it.
TEST_F(RunQueueTest, TheirLoopGoesOnWithoutThem) {
  for (const bool within_the_loop : {false, true}) {
    auto queue = std::make_unique<RunQueue>(loop_, clock_);
    Runner a(*this, "a");
    queue->add(a);
    a.leaveQueue();
    if (within_the_loop) {
      boost::asio::post(loop_, [&] { queue.reset(); });
    } else {
      queue.reset();
    }
    loop_.restart();
    loop_.run();
  }
  EXPECT_THAT(order_, ElementsAre());
}

TEST_F(RunQueueTest, AStoppedLoopGivesNoneUntilItRunsAgain) {
  Runner a(*this, "a");
  queue_.add(a);
  boost::asio::post(loop_, [&] { loop_.stop(); });
  loop_.run();
  EXPECT_TRUE(order_.empty());
  loop_.restart();
  loop_.run();
  EXPECT_THAT(order_, ElementsAre("a"));
}

}  // namespace
}  // namespace wagi::loop
