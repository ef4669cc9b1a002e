#include "server/supervisor/generation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "server/runner/fake_processes.h"

namespace wagi::supervisor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr int kListening = 1'000;  // Never looked at.

class GenerationTest : public testing::Test {
 protected:
  using Clock = Generation::Clock;

  static worker::Route routeOf(const std::string& pattern, const std::string& code,
                               std::size_t module) {
    worker::Route route;
    route.pattern = pattern;
    route.module = code + ".wasm";
    route.code = code;
    route.module_index = module;
    return route;
  }
  static Prepared prepared(std::size_t workers) {
    Prepared made;
    made.plan.workers_count = workers;
    made.plan.modules_count = 2;
    made.plan.drain_max = 10s;
    made.plan.routes = {routeOf("/a", "a", 0), routeOf("/b", "b", 1), routeOf("/c", "a", 0)};
    made.code = std::make_shared<const std::vector<Code>>();
    return made;
  }
  std::unique_ptr<Generation> started(std::size_t workers) {
    return Generation::start(prepared(workers), {.listening = {kListening}}, processes_, now_)
        .value();
  }
  std::unique_ptr<Generation> serving(std::size_t workers) {
    auto generation = started(workers);
    for (std::size_t i = 0; i < workers; ++i)
      processes_.sayReady(processes_.started.size() - 1 - i);
    generation->step(now_);
    EXPECT_TRUE(generation->ready());
    return generation;
  }
  // Ends the newest process so, and steps until another one has been started.
  void replaceAfterCrash(Generation& generation, int number) {
    const std::size_t count = processes_.started.size();
    processes_.crash(count - 1, number);
    generation.step(now_);
    ASSERT_TRUE(generation.deadline());
    now_ = *generation.deadline();
    generation.step(now_);
    ASSERT_EQ(processes_.started.size(), count + 1);
    processes_.sayReady(count);
    generation.step(now_);
  }

  runner::FakeProcesses processes_;
  Clock::time_point now_{1h};
};

TEST_F(GenerationTest, ADeathIsSuspiciousUnlessItWasAnOrderlyEnd) {
  const auto generation = serving(2);
  processes_.exit(0, 0);
  generation->step(now_);
  EXPECT_FALSE(generation->suspicious());
  processes_.exit(1, 1);
  generation->step(now_);
  EXPECT_TRUE(generation->suspicious());
}

TEST_F(GenerationTest, AModuleWhoseGuestsEndTheirWorkersIsTakenOutOfService) {
  const auto generation = serving(1);
  worker::SharedCounters& counters = generation->counters();
  for (std::size_t i = 0; i < Kills::kKillsMax; ++i) {
    EXPECT_FALSE(counters.isOutOfService(0));
    const worker::SharedCounters::OnCore running(counters, 0, 0);
    replaceAfterCrash(*generation, SIGSEGV);
  }
  EXPECT_TRUE(counters.isOutOfService(0));
  EXPECT_FALSE(counters.isOutOfService(1));

  const auto next = generation->startAgain(7, {}, now_).value();
  EXPECT_EQ(next->plan().generation, 7u);
  EXPECT_TRUE(next->counters().isOutOfService(0)) << "it stays so";
  const auto mended = generation->startAgain(8, {"a"}, now_).value();
  EXPECT_FALSE(mended->counters().isOutOfService(0));
}

TEST_F(GenerationTest, AModuleIsNotBlamedForWhatComesFromOutside) {
  const auto generation = serving(1);
  for (std::size_t i = 0; i < Kills::kKillsMax; ++i) {
    const worker::SharedCounters::OnCore running(generation->counters(), 0, 0);
    replaceAfterCrash(*generation, SIGKILL);
  }
  EXPECT_FALSE(generation->counters().isOutOfService(0));
}

TEST_F(GenerationTest, AllRoutesOfDamagedCodeAreTakenOutOfService) {
  const auto generation = serving(1);
  EXPECT_EQ(generation->takeOutOfService("a"), "/a, /c answer 503");
  EXPECT_EQ(generation->takeOutOfService("b"), "/b answers 503");
}

TEST_F(GenerationTest, NobodyIsLeftBehind) {
  auto generation = serving(2);
  processes_.at(0).group_is_gone = false;  // Its connector.
  processes_.exit(0, 1);
  generation->step(now_);
  const std::string spool = generation->plan().spool_dir;
  EXPECT_TRUE(std::filesystem::is_directory(spool));
  generation.reset();
  EXPECT_TRUE(processes_.at(0).group_is_gone);
  EXPECT_THAT(processes_.at(1).signals, ElementsAre(SIGKILL));
  EXPECT_FALSE(std::filesystem::exists(spool));
}

}  // namespace
}  // namespace wagi::supervisor
