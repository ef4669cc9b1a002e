// Tests modules that export `_initialize`: each instance calls it once, before the entry point, and
// a failure of it is told apart from one of the entry point.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "guest/engine/engine_testing.h"
#include "guest/engine/instance.h"
#include "guest/engine/ticker.h"

namespace wagi::engine {
namespace {

using testing::HasSubstr;

class NoOutput final : public wasi::Output {
 public:
  Written write(std::span<const std::byte> bytes) override { return {bytes.size(), Status::kOk}; }
};

// An input that has nothing to read until the test ends it.
class LateInput final : public wasi::Input {
 public:
  std::optional<std::size_t> read(std::span<std::byte>) override { return available(); }
  std::optional<std::size_t> available() override {
    return ended ? std::optional<std::size_t>(0) : std::nullopt;
  }
  bool ended = false;
};

class ReactorTest : public testing::TestWithParam<Way> {
 protected:
  // Loads a module with `functions`, which may count in $count and exit with $exit.
  void load(const std::string& functions) {
    instance_.reset();
    modules_.load(R"((module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (import "wasi_snapshot_preview1" "fd_read"
          (func $read (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (global $count (mut i32) (i32.const 0))
        (func $increment (global.set $count (i32.add (global.get $count) (i32.const 1)))))" +
                  functions + ")");
  }

  void start(const char* entrypoint, std::uint64_t memory_bytes_max = 0) {
    instance_.reset();
    entrypoint_ = modules_.module().find(entrypoint);
    const wasi::Invocation invocation{block_, block_, in_, out_, out_, {}, wasi::realSystem()};
    instance_.emplace(modules_.module(), entrypoint_, invocation, memory_bytes_max,
                      modules_.kept(entrypoint));
  }
  Outcome run(const char* entrypoint, std::uint64_t memory_bytes_max = 0) {
    start(entrypoint, memory_bytes_max);
    while (!is<Ended>(instance_->resume())) {
    }
    return instance_->outcome();
  }
  // The exit code of a guest that exits with its count.
  std::optional<std::uint32_t> count(const char* entrypoint) {
    const Outcome outcome = run(entrypoint);
    EXPECT_EQ(outcome.kind, Outcome::Kind::kExited) << outcome.message;
    EXPECT_FALSE(outcome.in_initialize);
    return outcome.exit_code;
  }

  Block block_;
  LateInput in_;
  NoOutput out_;
  TestModules modules_{GetParam()};
  EntryPoint entrypoint_;
  std::optional<Instance> instance_;
};

INSTANTIATE_TEST_SUITE_P(Ways, ReactorTest, allWays(), nameOfWay);

constexpr const char* kTellCount = R"((func (export "tell") (call $exit (global.get $count))))";
constexpr const char* kInitialize = R"((func (export "_initialize") (call $increment)))";

TEST_P(ReactorTest, EachInstanceIsInitializedOnce) {
  load(std::string(kInitialize) + kTellCount + R"((func (export "return")))");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(count("tell"), 1);
  EXPECT_EQ(run("return").kind, Outcome::Kind::kExited);
}

TEST_P(ReactorTest, WithoutAnInitializeNothingIsCalled) {
  load(kTellCount);
  EXPECT_FALSE(modules_.module().find("tell").in_reactor);
  EXPECT_EQ(count("tell"), 0);
}

// Some linkers make modules with both functions, against the ABI; their _start initializes.
TEST_P(ReactorTest, ACommandInitializesItself) {
  load(std::string(kInitialize) + kTellCount + R"((func (export "_start")
      (call $increment) (call $increment) (call $exit (global.get $count))))");
  EXPECT_EQ(count("_start"), 2);
  EXPECT_EQ(count("tell"), 1);
}

TEST_P(ReactorTest, InitializeItselfIsCalledOnceToo) {
  load(R"((func (export "_initialize") (call $increment) (call $exit (global.get $count))))");
  EXPECT_EQ(count("_initialize"), 1);
}

TEST_P(ReactorTest, AnEntryPointThatIsMissingIsSaidBeforeAnythingRuns) {
  load(R"((func (export "_initialize") unreachable))");
  EXPECT_EQ(run("tell").kind, Outcome::Kind::kNoEntryPoint);
}

TEST_P(ReactorTest, ATrapInInitializeIsToldAsSuch) {
  load(R"((func $deep unreachable) (func (export "_initialize") (call $deep)))" +
       std::string(kTellCount));
  const Outcome outcome = run("tell");
  EXPECT_EQ(outcome.kind, Outcome::Kind::kTrapped);
  EXPECT_TRUE(outcome.in_initialize);
  EXPECT_THAT(outcome.message, HasSubstr("unreachable"));
  EXPECT_THAT(outcome.message, HasSubstr("deep"));
}

TEST_P(ReactorTest, ATrapBehindItIsTheEntryPoints) {
  load(std::string(kInitialize) +
       R"((func (export "go") (drop (i32.div_u (i32.const 1) (i32.const 0)))))");
  const Outcome outcome = run("go");
  EXPECT_EQ(outcome.kind, Outcome::Kind::kTrapped);
  EXPECT_EQ(outcome.trap, Trap::Kind::kArithmetic);
  EXPECT_FALSE(outcome.in_initialize);
}

TEST_P(ReactorTest, ExitingInInitializeLeavesTheEntryPointUncalled) {
  load(R"((func (export "_initialize") (call $exit (i32.const 0)))
      (func (export "go") unreachable))");
  const Outcome outcome = run("go");
  EXPECT_EQ(outcome.kind, Outcome::Kind::kExited);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_TRUE(outcome.in_initialize);
}

TEST_P(ReactorTest, MemoryIsLimitedInInitializeToo) {
  load(R"((func (export "_initialize")
      (if (i32.eq (memory.grow (i32.const 4)) (i32.const -1)) (then unreachable))))" +
       std::string(kTellCount));
  const Outcome outcome = run("tell", 2 << 16);
  EXPECT_EQ(outcome.kind, Outcome::Kind::kOutOfMemory);
  EXPECT_TRUE(outcome.in_initialize);
  EXPECT_EQ(run("tell", 8 << 16).kind, Outcome::Kind::kExited);
}

TEST_P(ReactorTest, AStartFunctionComesBeforeIt) {
  load(R"((start $begin) (func $begin (call $increment) (call $increment)))" +
       std::string(kInitialize) + kTellCount);
  EXPECT_EQ(count("tell"), 3);
  load(R"((start $begin) (func $begin unreachable))" + std::string(kInitialize) + kTellCount);
  const Outcome outcome = run("tell");
  EXPECT_EQ(outcome.kind, Outcome::Kind::kNoStart);
  EXPECT_FALSE(outcome.in_initialize);
}

TEST_P(ReactorTest, AnEndlessInitializeIsInterruptedAndCanBeEnded) {
  if (!Ticker::kReachesLoops) GTEST_SKIP();
  load(R"((func (export "_initialize") (loop br 0)))" + std::string(kTellCount));
  const Engine* const engines[] = {&modules_.module().engine()};
  const auto ticker = Ticker::start(engines, std::chrono::milliseconds(5));
  ASSERT_TRUE(ticker) << ticker.error().message;
  start("tell");
  for (int slice = 0; slice < 3; ++slice) {
    ASSERT_TRUE(is<Interrupted>(instance_->resume()));
    EXPECT_TRUE(instance_->initializing());
  }
}

TEST_P(ReactorTest, InitializeMayWait) {
  load(R"((func (export "_initialize") (i32.store (i32.const 4) (i32.const 1))
      (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (call $increment)))" +
       std::string(kTellCount));
  start("tell");
  const Stop stop = instance_->resume();
  ASSERT_TRUE(is<wasi::EventWait>(stop));
  EXPECT_TRUE(std::get<wasi::EventWait>(stop).in);
  in_.ended = true;
  ASSERT_TRUE(is<Ended>(instance_->resume()));
  EXPECT_EQ(instance_->outcome().exit_code, 1);
}

TEST_P(ReactorTest, WhatCannotBeCalledIsNot) {
  load(R"((func (export "_initialize") (param i32)))" + std::string(kTellCount));
  Outcome outcome = run("tell");
  EXPECT_EQ(outcome.kind, Outcome::Kind::kNoStart);
  EXPECT_FALSE(outcome.in_initialize);
  EXPECT_EQ(outcome.message, "_initialize has parameters or results");

  load(R"((global (export "_initialize") i32 (i32.const 0)))" + std::string(kTellCount));
  outcome = run("tell");
  EXPECT_EQ(outcome.kind, Outcome::Kind::kNoStart);
  EXPECT_EQ(outcome.message, "_initialize isn't a function");

  load(std::string(kInitialize) + R"((func (export "add") (result i32) (i32.const 1)))");
  outcome = run("add");
  EXPECT_EQ(outcome.kind, Outcome::Kind::kNoStart);
  EXPECT_EQ(outcome.message, "add has parameters or results");
}

}  // namespace
}  // namespace wagi::engine
