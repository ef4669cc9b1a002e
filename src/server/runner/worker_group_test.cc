#include "server/runner/worker_group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <tuple>

#include "server/runner/fake_processes.h"

namespace wagi::runner {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr int kListening = 1'000;  // Never looked at.

class WorkerGroupTest : public testing::Test {
 protected:
  using Clock = WorkerGroup::Clock;

  std::unique_ptr<WorkerGroup> made(std::size_t workers) {
    return std::make_unique<WorkerGroup>(
        WorkerGroup::Settings{.name = "wagi-worker",
                              .workers = workers,
                              .drain_max = 10s,
                              .sockets = {.listening = {kListening}},
                              .keep = {kListening + 1},
                              .work = [](const WorkerSockets&) { return 0; }},
        processes_);
  }
  std::unique_ptr<WorkerGroup> started(std::size_t workers) {
    auto group = made(workers);
    EXPECT_TRUE(group->start(now_));
    return group;
  }
  std::unique_ptr<WorkerGroup> serving(std::size_t workers) {
    auto group = started(workers);
    for (std::size_t i = 0; i < workers; ++i)
      processes_.sayReady(processes_.started.size() - 1 - i);
    EXPECT_THAT(group->step(now_), IsEmpty());
    EXPECT_TRUE(group->ready());
    return group;
  }

  FakeProcesses processes_;
  Clock::time_point now_{1h};
};

TEST_F(WorkerGroupTest, WorkersAcceptWhenAllAreReady) {
  const auto group = started(2);
  ASSERT_EQ(processes_.started.size(), 2u);
  EXPECT_EQ(processes_.at(1).name, "wagi-worker1");
  EXPECT_THAT(processes_.at(1).keep, Contains(kListening));
  processes_.sayReady(1);
  std::ignore = group->step(now_);
  EXPECT_FALSE(group->ready());
  EXPECT_FALSE(processes_.wasLetGo(1));
  processes_.sayReady(0);
  std::ignore = group->step(now_);
  EXPECT_TRUE(group->ready());
  EXPECT_TRUE(processes_.wasLetGo(0));
  EXPECT_TRUE(processes_.wasLetGo(1));
  EXPECT_EQ(group->deadline(), std::nullopt);
}

TEST_F(WorkerGroupTest, FailsWhenAWorkerDiesBeforeAllAreReady) {
  const auto group = started(2);
  processes_.sayReady(0);
  processes_.exit(1, 1);
  std::ignore = group->step(now_);
  EXPECT_TRUE(group->failed());
  EXPECT_FALSE(group->ready());
}

TEST_F(WorkerGroupTest, FailsWhenAWorkerIsNotReadyInTime) {
  const auto group = started(1);
  EXPECT_EQ(group->deadline(), now_ + WorkerGroup::kReadyMax);
  std::ignore = group->step(now_ + WorkerGroup::kReadyMax - 1ms);
  EXPECT_FALSE(group->failed());
  std::ignore = group->step(now_ + WorkerGroup::kReadyMax);
  EXPECT_TRUE(group->failed());
}

TEST_F(WorkerGroupTest, FailsWhenNoProcessCanBeStarted) {
  processes_.refusal = "no more processes";
  const auto begun = made(1)->start(now_);
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().message, "no more processes");
}

TEST_F(WorkerGroupTest, ADeadWorkerIsStartedAgainAfterAPauseThatGrows) {
  const auto group = serving(2);
  auto pause = runner::BackOff::kFirst;
  for (int death = 0; death < 3; ++death) {
    const std::size_t count = processes_.started.size();
    processes_.exit(count - 1, 1);
    std::ignore = group->step(now_);
    EXPECT_EQ(group->deadline(), now_ + pause);
    std::ignore = group->step(now_ + pause - 1ms);
    EXPECT_EQ(processes_.started.size(), count);
    now_ += pause;
    std::ignore = group->step(now_);
    ASSERT_EQ(processes_.started.size(), count + 1);
    EXPECT_EQ(processes_.at(count).name, "wagi-worker1");
    processes_.sayReady(count);
    std::ignore = group->step(now_);
    EXPECT_TRUE(processes_.wasLetGo(count)) << "the others serve already";
    pause *= 2;
  }
  EXPECT_THAT(processes_.at(0).signals, IsEmpty());
}

TEST_F(WorkerGroupTest, AWorkerThatCanNotBeStartedAgainIsTriedAgain) {
  const auto group = serving(1);
  processes_.exit(0, 0);
  std::ignore = group->step(now_);
  processes_.refusal = "no more processes";
  now_ = *group->deadline();
  std::ignore = group->step(now_);
  EXPECT_GT(group->deadline(), now_);
  processes_.refusal.reset();
  now_ = *group->deadline();
  std::ignore = group->step(now_);
  EXPECT_EQ(processes_.started.size(), 2u);
}

TEST_F(WorkerGroupTest, AWorkerThatIsNotReadyAgainInTimeIsKilled) {
  const auto group = serving(1);
  processes_.exit(0, 1);
  std::ignore = group->step(now_);
  now_ = *group->deadline();
  std::ignore = group->step(now_);
  EXPECT_EQ(group->deadline(), now_ + WorkerGroup::kReadyMax);
  now_ += WorkerGroup::kReadyMax;
  std::ignore = group->step(now_);
  EXPECT_THAT(processes_.at(1).signals, ElementsAre(SIGKILL));
  EXPECT_FALSE(group->failed()) << "it goes on trying";
}

TEST_F(WorkerGroupTest, RetiringAndStoppingAreSignalsWithALimit) {
  for (const bool stops : {false, true}) {
    const auto group = serving(1);
    const std::size_t last = processes_.started.size() - 1;
    stops ? group->stop(now_) : group->retire(now_);
    EXPECT_THAT(processes_.at(last).signals, ElementsAre(stops ? SIGTERM : SIGUSR1));
    const auto limit = now_ + 10s + WorkerGroup::kGrace;
    EXPECT_EQ(group->deadline(), limit);
    std::ignore = group->step(limit - 1ms);
    EXPECT_THAT(processes_.at(last).signals, Not(Contains(SIGKILL)));
    EXPECT_FALSE(group->ended());
    std::ignore = group->step(limit);
    EXPECT_THAT(processes_.at(last).signals, Contains(SIGKILL));
    std::ignore = group->step(limit);
    EXPECT_TRUE(group->ended());
    EXPECT_EQ(processes_.started.size(), last + 1) << "it isn't started again";
  }
}

TEST_F(WorkerGroupTest, TellsWhoDiedAndWhenItIsStartedAgain) {
  const auto group = serving(2);
  processes_.crash(1, SIGSEGV);
  const auto deaths = group->step(now_);
  ASSERT_THAT(deaths, SizeIs(1));
  EXPECT_EQ(deaths[0].index, 1u);
  EXPECT_EQ(deaths[0].pid, processes_.started[1]);
  EXPECT_EQ(deaths[0].status, SIGSEGV);
  EXPECT_EQ(deaths[0].pause, BackOff::kFirst);
  group->stop(now_);
  processes_.exit(0, 1);
  const auto late = group->step(now_);
  ASSERT_THAT(late, SizeIs(1));
  EXPECT_EQ(late[0].pause, std::nullopt) << "it isn't started again";
}

}  // namespace
}  // namespace wagi::runner
