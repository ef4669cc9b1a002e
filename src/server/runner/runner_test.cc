#include "server/runner/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "base/child_testing.h"

namespace wagi::runner {
namespace {

using namespace std::chrono_literals;

// A program that signals itself, and ends after what it hears then.
class SignalledProgram final : public Program {
 public:
  explicit SignalledProgram(std::vector<int> signals) : signals_(std::move(signals)) {}

  std::optional<int> step(Clock::time_point) override {
    if (heard.size() == signals_.size()) return 7;
    if (sent_ == heard.size()) ::kill(::getpid(), signals_[sent_++]);
    return std::nullopt;
  }
  void addTo(std::vector<pollfd>&) const override {}
  std::optional<Clock::time_point> deadline(Clock::time_point) const override {
    return std::nullopt;
  }
  void reload() override { heard += 'r'; }
  void stop(Clock::time_point) override { heard += 's'; }

  std::string heard;

 private:
  const std::vector<int> signals_;
  std::size_t sent_ = 0;
};

// A program that is asked twice, the second time when it is due.
class DueProgram final : public Program {
 public:
  std::optional<int> step(Clock::time_point now) override {
    if (now >= due_) return 0;
    return std::nullopt;
  }
  void addTo(std::vector<pollfd>&) const override {}
  std::optional<Clock::time_point> deadline(Clock::time_point) const override { return due_; }
  void reload() override {}
  void stop(Clock::time_point) override {}

 private:
  const Clock::time_point due_ = Clock::now() + 5ms;
};

// A runner takes the signals of its whole process, so that each test has one of its own.

TEST(Runner, TellsTheProgramOfItsSignalsAndReturnsItsExitCode) {
  expectInChild([] {
    SignalledProgram program({SIGHUP, SIGTERM, SIGINT});
    return Runner({}).run(program) == 7 && program.heard == "rss";
  });
}

TEST(Runner, WakesWhenTheProgramIsDue) {
  expectInChild([] {
    DueProgram program;
    return Runner({}).run(program) == 0;
  });
}

}  // namespace
}  // namespace wagi::runner
