#include "net/http/turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace wagi::http {
namespace {

using testing::ElementsAre;

class TurnsTest : public testing::Test {
 protected:
  struct Taker final : TurnTaker {
    Taker(TurnsTest& test, std::string name) : test_(test), name_(std::move(name)) {}
    void takeTurn() override {
      test_.order_.push_back(name_);
      if (again > 0) {
        --again;
        test_.turns_.add(*this, turn);
      }
    }
    int again = 0;
    Exchange::Turn turn = Exchange::Turn::kLast;
    TurnsTest& test_;
    const std::string name_;
  };

  boost::asio::io_context loop_;
  Turns turns_{loop_};
  std::vector<std::string> order_;
};

TEST_F(TurnsTest, WhatIsReadyGoesFirst) {
  Taker a(*this, "a");
  turns_.add(a);
  boost::asio::post(loop_, [&] {
    order_.emplace_back("ready");
    boost::asio::post(loop_, [&] { order_.emplace_back("made ready by it"); });
  });
  loop_.run();
  EXPECT_THAT(order_, ElementsAre("ready", "made ready by it", "a"));
}

TEST_F(TurnsTest, WhatOnlyALookAtTheSocketsFindsGoesFirst) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  boost::asio::posix::stream_descriptor reading(loop_, ends[0]);
  reading.async_wait(decltype(reading)::wait_read, [&](auto) { order_.emplace_back("socket"); });
  loop_.poll();
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  Taker a(*this, "a"), b(*this, "b");
  turns_.add(a);
  turns_.add(b);
  loop_.run();
  EXPECT_THAT(order_, ElementsAre("socket", "a", "b"));
  ::close(ends[1]);
}

TEST_F(TurnsTest, GoRound) {
  Taker a(*this, "a"), b(*this, "b");
  a.again = b.again = 2;
  turns_.add(a);
  turns_.add(b);
  loop_.run();
  EXPECT_THAT(order_, ElementsAre("a", "b", "a", "b", "a", "b"));
}

TEST_F(TurnsTest, OneThatWasInterruptedGoesOnBeforeOthers) {
  Taker a(*this, "a"), b(*this, "b");
  a.again = 1;
  a.turn = Exchange::Turn::kNext;
  turns_.add(a);
  turns_.add(b);
  loop_.run();
  EXPECT_THAT(order_, ElementsAre("a", "a", "b"));
}

TEST_F(TurnsTest, ComeThoughThereIsAlwaysSomethingReady) {
  Taker a(*this, "a");
  a.again = 3;
  turns_.add(a);
  const std::function<void()> busy = [&] {
    if (order_.size() < 4) boost::asio::post(loop_, busy);
  };
  boost::asio::post(loop_, busy);
  loop_.run();
  EXPECT_EQ(order_.size(), 4u);
}

TEST_F(TurnsTest, OneThatLeavesOrDiesHasNone) {
  Taker a(*this, "a"), b(*this, "b");
  {
    Taker gone(*this, "gone");
    turns_.add(gone);
    turns_.add(a);
    turns_.add(b);
  }
  a.leaveTurns();
  EXPECT_FALSE(a.waitsForTurn());
  loop_.run();
  EXPECT_THAT(order_, ElementsAre("b"));
}

// A freed one would still be read: AddressSanitizer sees it.
TEST_F(TurnsTest, TheirLoopGoesOnWithoutThem) {
  for (const bool within_the_loop : {false, true}) {
    auto turns = std::make_unique<Turns>(loop_);
    Taker a(*this, "a");
    turns->add(a);
    a.leaveTurns();
    if (within_the_loop) {
      boost::asio::post(loop_, [&] { turns.reset(); });
    } else {
      turns.reset();
    }
    loop_.restart();
    loop_.run();
  }
  EXPECT_THAT(order_, ElementsAre());
}

TEST_F(TurnsTest, AStoppedLoopGivesNoneUntilItRunsAgain) {
  Taker a(*this, "a");
  turns_.add(a);
  boost::asio::post(loop_, [&] { loop_.stop(); });
  loop_.run();
  EXPECT_TRUE(order_.empty());
  loop_.restart();
  loop_.run();
  EXPECT_THAT(order_, ElementsAre("a"));
}

}  // namespace
}  // namespace wagi::http
