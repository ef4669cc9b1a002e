#include "net/fetch/stall_watch.h"

#include <gtest/gtest.h>

namespace wagi::fetch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class StallWatchTest : public testing::Test {
 protected:
  std::optional<std::string> after(milliseconds time, std::uint64_t more) {
    now_ += time;
    bytes_ += more;
    return watch_.check(bytes_, now_);
  }

  StallWatch::Time now_{};
  std::uint64_t bytes_ = 0;
  StallWatch watch_{seconds(30), now_};
};

TEST_F(StallWatchTest, SilenceEndsATransfer) {
  EXPECT_FALSE(after(seconds(30), 0));
  EXPECT_EQ(after(milliseconds(1), 0), "it was silent for 30 s");
}

TEST_F(StallWatchTest, SoDoDrops) {
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(after(seconds(10), 100));
  EXPECT_EQ(after(seconds(1), 100), "it sent no more than 400 bytes in 30 s");
}

TEST_F(StallWatchTest, WhatMovesGoesOn) {
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(after(seconds(29), 2'000)) << i;
}

TEST_F(StallWatchTest, EachWindowIsForItself) {
  EXPECT_FALSE(after(seconds(29), 1'000'000));
  EXPECT_FALSE(after(seconds(2), 1)) << "the first window had enough";
  EXPECT_FALSE(after(seconds(29), 1));
  EXPECT_EQ(after(seconds(2), 1), "it sent no more than 2 bytes in 30 s");
}

}  // namespace
}  // namespace wagi::fetch
