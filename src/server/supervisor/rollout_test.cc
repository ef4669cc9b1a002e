#include "server/supervisor/rollout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "server/runner/fake_processes.h"
#include "server/supervisor/fake_supply.h"

namespace wagi::supervisor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using State = Rollout::State;

class RolloutTest : public testing::Test {
 protected:
  RolloutTest() {
    std::ofstream(code_) << "code";
    supply_.add("a.wasm", code_);
  }
  static Description description() {
    config::Module module;
    module.route = "/";
    module.module = "a.wasm";
    Description made;
    made.modules = {{.config = module, .path = "a.wasm", .environment = {}}};
    made.workers = 2;
    made.cache.entries_soft_max = 7;
    return made;
  }
  Rollout rolloutOf(Description described) {
    real_ = supply_.supply();
    RolloutInputs inputs;
    inputs.cache = cache_;
    inputs.log_dir = "logs";
    inputs.generation = 5;
    return {std::move(described), std::move(inputs),         real_,
            processes_,           Progress::Where::kNowhere, now_};
  }

  TemporaryDirectory directory_ = TemporaryDirectory::create("wagi-test-").value();
  const std::string code_ = directory_.path() + "/a.code";
  std::shared_ptr<const artifact::Cache> cache_ = std::make_shared<const artifact::Cache>(
      artifact::Cache::open({.enabled = false, .directory = {}}).value());
  FakeSupply supply_;
  runner::FakeProcesses processes_;
  Supply real_;
  Rollout::Clock::time_point now_{1h};
};

TEST_F(RolloutTest, GoesFromADescriptionToWorkersThatAreReady) {
  supply_.inspecting_ended = false;
  Rollout rollout = rolloutOf(description());
  EXPECT_EQ(rollout.step(now_), State::kPreparing);
  EXPECT_EQ(rollout.deadline(now_), now_ + Progress::kRefresh);
  EXPECT_THAT(processes_.started, IsEmpty());
  supply_.inspecting_ended = true;
  EXPECT_EQ(rollout.step(now_), State::kStarting);
  EXPECT_EQ(processes_.started.size(), 2u);
  EXPECT_EQ(rollout.step(now_), State::kStarting);
  EXPECT_EQ(rollout.deadline(now_), now_ + runner::WorkerGroup::kReadyMax);
  processes_.sayReady(0);
  processes_.sayReady(1);
  EXPECT_EQ(rollout.step(now_), State::kReady);

  const auto generation = rollout.takeGeneration();
  EXPECT_EQ(generation->plan().generation, 5u);
  EXPECT_EQ(generation->plan().log_dir, "logs");
  EXPECT_EQ(generation->plan().routes.at(0).pattern, "/");
  const Description taken = rollout.takeDescription();
  EXPECT_EQ(taken.cache.entries_soft_max, 7u);
  EXPECT_THAT(taken.modules, IsEmpty()) << "workers would hold them for good";
  EXPECT_EQ(rollout.takeInputs().cache, cache_);
}

TEST_F(RolloutTest, AMistakeStartsNobody) {
  supply_.addFailure("a.wasm", "it isn't valid");
  Rollout rollout = rolloutOf(description());
  EXPECT_EQ(rollout.step(now_), State::kFailed);
  EXPECT_EQ(rollout.step(now_), State::kFailed);
  EXPECT_THAT(processes_.started, IsEmpty());
}

TEST_F(RolloutTest, AFetchThatFailsStartsNobody) {
  supply_.fetched = fail("nobody answers");
  Description described;
  described.fetch.project = "HIPPOFACTS";
  Rollout rollout = rolloutOf(std::move(described));
  EXPECT_EQ(rollout.step(now_), State::kFailed);
  EXPECT_THAT(supply_.asked, ElementsAre("fetch HIPPOFACTS"));
  EXPECT_THAT(processes_.started, IsEmpty());
}

TEST_F(RolloutTest, FailsWithItsWorkers) {
  Rollout rollout = rolloutOf(description());
  EXPECT_EQ(rollout.step(now_), State::kStarting);
  processes_.exit(1, 1);
  EXPECT_EQ(rollout.step(now_), State::kFailed);

  processes_.refusal = "no more processes";
  Rollout none = rolloutOf(description());
  EXPECT_EQ(none.step(now_), State::kFailed);
}

TEST_F(RolloutTest, LeavesNobodyBehind) {
  {
    Rollout rollout = rolloutOf(description());
    EXPECT_EQ(rollout.step(now_), State::kStarting);
  }
  EXPECT_THAT(processes_.at(0).signals, ElementsAre(SIGKILL));
  EXPECT_THAT(processes_.at(1).signals, ElementsAre(SIGKILL));
}

}  // namespace
}  // namespace wagi::supervisor
