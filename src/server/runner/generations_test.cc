#include "server/runner/generations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace wagi::runner {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

using Clock = std::chrono::steady_clock;

// A generation that writes down what is done to it, and ends when a test says so.
struct FakeGeneration {
  FakeGeneration(std::vector<std::string>& log_in, std::string name_in)
      : log(log_in), name(std::move(name_in)) {}
  FakeGeneration(const FakeGeneration&) = delete;
  FakeGeneration& operator=(const FakeGeneration&) = delete;
  ~FakeGeneration() { log.push_back(name + " is gone"); }

  void step(Clock::time_point) {}
  void addTo(std::vector<pollfd>& fds) const { fds.push_back({0, POLLIN, 0}); }
  [[nodiscard]] std::optional<Clock::time_point> deadline() const { return due; }
  void retire(Clock::time_point) { log.push_back(name + " retires"); }
  void stop(Clock::time_point) { log.push_back(name + " stops"); }
  [[nodiscard]] bool ended() const { return has_ended; }
  [[nodiscard]] std::chrono::milliseconds drainMax() const { return 10s; }

  std::vector<std::string>& log;
  const std::string name;
  std::optional<Clock::time_point> due;
  bool has_ended = false;
};

class GenerationsTest : public testing::Test {
 protected:
  FakeGeneration& promote(const std::string& name) {
    generations_.promote(std::make_unique<FakeGeneration>(log_, name), now_);
    return *generations_.current();
  }

  std::vector<std::string> log_;
  Generations<FakeGeneration> generations_;
  const Clock::time_point now_{1h};
};

TEST_F(GenerationsTest, TheOneBeforeRetiresAndIsGoneWhenItHasEnded) {
  FakeGeneration& first = promote("a");
  EXPECT_THAT(log_, IsEmpty());
  promote("b");
  EXPECT_THAT(log_, ElementsAre("a retires"));
  generations_.step(now_);
  first.has_ended = true;
  generations_.step(now_);
  EXPECT_THAT(log_, ElementsAre("a retires", "a is gone"));
  EXPECT_EQ(generations_.current()->name, "b");
}

TEST_F(GenerationsTest, NoMoreThanAFewRetireAtTheirLeisure) {
  for (std::size_t i = 0; i <= Generations<FakeGeneration>::kRetiringMax; ++i) promote("old");
  EXPECT_THAT(log_, testing::Not(testing::Contains("old stops")));
  promote("new");
  EXPECT_THAT(log_, testing::Contains("old stops").Times(1));
}

TEST_F(GenerationsTest, StopsAllAndIsAtItsEndWhenNobodyIsLeft) {
  FakeGeneration& first = promote("a");
  FakeGeneration& second = promote("b");
  generations_.stop(now_);
  EXPECT_EQ(generations_.current(), nullptr);
  EXPECT_FALSE(generations_.ended());
  EXPECT_THAT(log_, ElementsAre("a retires", "a stops", "b stops"));
  first.has_ended = second.has_ended = true;
  generations_.step(now_);
  EXPECT_TRUE(generations_.ended());
}

TEST_F(GenerationsTest, StoppingTwiceIsAtOnce) {
  promote("a");
  generations_.stop(now_);
  generations_.stop(now_);
  EXPECT_THAT(log_, ElementsAre("a stops", "a is gone"));
  EXPECT_TRUE(generations_.ended());
}

TEST_F(GenerationsTest, StopsWhereNothingServesYet) {
  generations_.stop(now_);
  EXPECT_TRUE(generations_.ended());
}

TEST_F(GenerationsTest, IsDueWithTheFirstOfThem) {
  EXPECT_EQ(generations_.deadline(), std::nullopt);
  promote("a").due = now_ + 2s;
  promote("b").due = now_ + 3s;
  EXPECT_EQ(generations_.deadline(), now_ + 2s);
}

}  // namespace
}  // namespace wagi::runner
