#include "server/worker/volume_lock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

#include "guest/wasi/testing.h"
#include "server/worker/fake_exchange.h"

namespace wagi::worker {
namespace {

class VolumeLockTest : public testing::Test {
 protected:
  void SetUp() override {
    for (std::size_t i = 0; i < folders_.size(); ++i) {
      std::string name = (std::filesystem::temp_directory_path() / "wagi-lock-XXXXXX").string();
      ASSERT_NE(::mkdtemp(name.data()), nullptr);
      paths_.push_back(name);
      opened_.emplace_back(::open(name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
      folders_[i] = opened_.back().get();
    }
  }
  void TearDown() override {
    for (const auto& path : paths_) std::filesystem::remove_all(path);
  }

  std::vector<std::string> paths_;
  std::vector<UniqueFd> opened_;
  std::array<int, 2> folders_{};
};

TEST_F(VolumeLockTest, IsHeldByOneAtATime) {
  {
    const auto first = VolumeLock::acquire(folders_);
    ASSERT_TRUE(first && *first);
    const auto second = VolumeLock::acquire(folders_);
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_FALSE(*second);
  }
  const auto third = VolumeLock::acquire(folders_);
  EXPECT_TRUE(third && *third);
}

TEST_F(VolumeLockTest, IsOfAllFoldersOrOfNone) {
  const auto last = VolumeLock::acquire(std::span(folders_).last(1));
  ASSERT_TRUE(last && *last);
  const auto both = VolumeLock::acquire(folders_);
  ASSERT_TRUE(both && !*both);
  const auto first = VolumeLock::acquire(std::span(folders_).first(1));
  EXPECT_TRUE(first && *first) << "the attempt at both kept the first one";
}

TEST_F(VolumeLockTest, EndsWithTheProcessThatHeldIt) {
  std::array<int, 2> locked{};
  ASSERT_EQ(::pipe(locked.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = VolumeLock::acquire(folders_);
    // A child that waited here without the lock would keep the pipe open, and its parent waiting.
    if (!lock || !*lock || ::write(locked[1], "x", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  ASSERT_GT(child, 0);
  ::close(locked[1]);
  char byte = 0;
  ASSERT_EQ(::read(locked[0], &byte, 1), 1);
  ::close(locked[0]);
  const auto held = VolumeLock::acquire(folders_);
  EXPECT_TRUE(held && !*held);
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  const auto free = VolumeLock::acquire(folders_);
  EXPECT_TRUE(free && *free);
}

TEST_F(VolumeLockTest, IsNotLeftToAChildThatWasForkedMeanwhile) {
  pid_t child = 0;
  {
    const auto lock = VolumeLock::acquire(folders_);
    ASSERT_TRUE(lock && *lock);
    child = ::fork();
    if (child == 0) {
      for (;;) ::pause();
    }
    ASSERT_GT(child, 0);
  }
  const auto again = VolumeLock::acquire(folders_);
  EXPECT_TRUE(again && *again);
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
}

TEST_F(VolumeLockTest, SaysWhyAFolderCanNotBeLocked) {
  const std::array<int, 1> closed{-1};
  const auto lock = VolumeLock::acquire(closed);
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().message, "can't open an exclusive volume: Bad file descriptor");
}

TEST(WaitingLine, KeepsTheOrderInWhichTheyCame) {
  WaitingLine line;
  EXPECT_TRUE(line.empty());
  std::optional<WaitingLine::Place> first(std::in_place, line);
  const WaitingLine::Place second(line);
  {
    const WaitingLine::Place gone(line);
    EXPECT_FALSE(gone.first());
  }
  const WaitingLine::Place last(line);
  EXPECT_TRUE(first->first());
  EXPECT_FALSE(second.first() || last.first());
  EXPECT_LT(first->pause(), last.pause());
  first.reset();
  EXPECT_TRUE(second.first());
  EXPECT_FALSE(last.first());
}

TEST(WaitingLine, LooksNowAndThenHoweverLongItIs) {
  WaitingLine line;
  std::vector<std::unique_ptr<WaitingLine::Place>> places;
  for (int i = 0; i < 1000; ++i) places.push_back(std::make_unique<WaitingLine::Place>(line));
  EXPECT_LE(places.back()->pause(), std::chrono::milliseconds(50));
}

TEST_F(VolumeLockTest, IsTakenWithoutAWaitWhereItIsFree) {
  FakeExchange exchange;
  wasi::FakeSystem system;
  WaitingLine line;
  const auto lock = exchange.resultOf(waitForVolumes(exchange, system, line, folders_));
  ASSERT_TRUE(lock);
  EXPECT_TRUE(exchange.waits.empty());
  EXPECT_TRUE(line.empty());
  const auto other = VolumeLock::acquire(folders_);
  EXPECT_TRUE(other && !*other);
}

TEST_F(VolumeLockTest, IsWaitedForBehindThoseWhoCameBefore) {
  FakeExchange exchange;
  wasi::FakeSystem system;
  WaitingLine line;
  std::optional<WaitingLine::Place> before(std::in_place, line);
  exchange.on_wait = [&] { before.reset(); };  // The lock is free, but another one's turn.
  const auto lock = exchange.resultOf(waitForVolumes(exchange, system, line, folders_));
  ASSERT_TRUE(lock);
  EXPECT_EQ(exchange.waits, std::vector<std::string>{"until"});
}

TEST_F(VolumeLockTest, IsWaitedForNoLongerThanTheExchangeLasts) {
  const auto held = VolumeLock::acquire(folders_);
  FakeExchange exchange;
  wasi::FakeSystem system;
  WaitingLine line;
  exchange.next_wake = http::Wake::kExpired;
  const auto lock = exchange.resultOf(waitForVolumes(exchange, system, line, folders_));
  ASSERT_FALSE(lock);
  EXPECT_EQ(std::get<http::Wake>(lock.error()), http::Wake::kExpired);
  EXPECT_TRUE(line.empty());
}

TEST_F(VolumeLockTest, IsNotWaitedForWhereItCanNotBeHad) {
  const std::array<int, 1> closed{-1};
  FakeExchange exchange;
  wasi::FakeSystem system;
  WaitingLine line;
  const auto lock = exchange.resultOf(waitForVolumes(exchange, system, line, closed));
  ASSERT_FALSE(lock);
  EXPECT_TRUE(std::holds_alternative<Error>(lock.error()));
}

}  // namespace
}  // namespace wagi::worker
