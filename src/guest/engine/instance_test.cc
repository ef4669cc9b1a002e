#include "guest/engine/instance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "guest/engine/code.h"
#include "guest/engine/engine_testing.h"
#include "guest/engine/ticker.h"

namespace wagi::engine {
namespace {

using testing::HasSubstr;

class NoInput final : public wasi::Input {
 public:
  std::optional<std::size_t> read(std::span<std::byte>) override { return 0; }
  std::optional<std::size_t> available() override { return 0; }
};

class TextOutput final : public wasi::Output {
 public:
  Written write(std::span<const std::byte> bytes) override {
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {bytes.size(), Status::kOk};
  }
  std::string text;
};

class InstanceTest : public testing::TestWithParam<Way> {
 protected:
  void load(const std::string& wat) { modules_.load(wat); }

  wasi::Invocation invocation() {
    return {block_, block_, in_, out_, out_, {}, wasi::realSystem()};
  }

  Outcome run(const char* entrypoint, std::uint64_t memory_bytes_max = 0) {
    const EntryPoint function = modules_.module().find(entrypoint);
    Instance instance(modules_.module(), function, invocation(), memory_bytes_max,
                      modules_.kept(entrypoint));
    while (!is<Ended>(instance.resume())) ++suspensions_;
    return instance.outcome();
  }

  Block block_;
  NoInput in_;
  TextOutput out_;
  int suspensions_ = 0;
  TestModules modules_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Ways, InstanceTest, allWays(), nameOfWay);

TEST_P(InstanceTest, ReturningIsAnExitWithZero) {
  load(R"((module (func (export "_start"))))");
  const Outcome outcome = run("_start");
  EXPECT_EQ(outcome.kind, Outcome::Kind::kExited);
  EXPECT_EQ(outcome.exit_code, 0u);
}

TEST_P(InstanceTest, ProcExitEndsWithItsCode) {
  load(R"((module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (func (export "_start") (call $exit (i32.const 7)) unreachable)))");
  const Outcome outcome = run("_start");
  EXPECT_EQ(outcome.kind, Outcome::Kind::kExited);
  EXPECT_EQ(outcome.exit_code, 7u);
}

TEST_P(InstanceTest, ATrapNamesTheFunctionsItWentThrough) {
  load(R"((module (func $inner unreachable) (func (export "_start") (call $inner))))");
  const Outcome outcome = run("_start");
  EXPECT_EQ(outcome.kind, Outcome::Kind::kTrapped);
  EXPECT_THAT(outcome.message, HasSubstr("unreachable"));
  EXPECT_THAT(outcome.message, HasSubstr("inner"));
}

// Tries each instruction that traps, with the kind of signal that a native program would get.
TEST_P(InstanceTest, ATrapIsToldInWordsForPeople) {
  struct Case {
    const char* body;
    Trap::Kind kind;
    const char* reason;
  };
  constexpr Case kCases[] = {
      {"unreachable", Trap::Kind::kAbort, "unreachable code was reached"},
      {"(drop (i32.div_s (i32.const 1) (i32.const 0)))", Trap::Kind::kArithmetic,
       "integer divide by zero"},
      {"(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))", Trap::Kind::kArithmetic,
       "integer overflow"},
      {"(drop (i32.trunc_f32_s (f32.const nan)))", Trap::Kind::kArithmetic, "conversion"},
      {"(drop (i32.load (i32.const 0x20000)))", Trap::Kind::kMemory, "at 0x20000 of 0x10000 bytes"},
      {"(drop (i32.load (i32.const -1)))", Trap::Kind::kMemory, "memory access out of bounds"},
      {"(call $again)", Trap::Kind::kMemory, "stack overflow"},
      {"(call_indirect (i32.const 9))", Trap::Kind::kMemory, "pointer to no function"},
      {"(call_indirect (i32.const 1))", Trap::Kind::kMemory, "null function pointer"},
      {"(call_indirect (param i32) (i32.const 1) (i32.const 0))", Trap::Kind::kBadCall,
       "another type"},
      {"(drop (i32.atomic.load (i32.const 2)))", Trap::Kind::kAlignment, "unaligned"},
  };
  for (const Case& one : kCases) {
    load(std::string("(module (memory 1) (table 2 funcref) (elem (i32.const 0) func $again)"
                     "(func $again (call $again)) (func $inner ") +
         one.body + R"() (func (export "_start") (call $inner))))");
    const Outcome outcome = run("_start");
    EXPECT_EQ(outcome.kind, Outcome::Kind::kTrapped) << one.body;
    EXPECT_EQ(outcome.trap, one.kind) << one.body;
    EXPECT_THAT(outcome.message, HasSubstr(one.reason)) << one.body;
    EXPECT_THAT(outcome.message, HasSubstr("\n  #0  0x")) << one.body;
    EXPECT_THAT(outcome.message, testing::Not(testing::ContainsRegex("wasm|Caused"))) << one.body;
  }
}

TEST_P(InstanceTest, EndlessRecursionIsATrap) {
  load(R"((module (func $f (export "_start") (call $f))))");
  const Outcome outcome = run("_start");
  EXPECT_EQ(outcome.kind, Outcome::Kind::kTrapped);
  EXPECT_THAT(outcome.message, HasSubstr("stack"));
}

TEST_P(InstanceTest, AMissingEntryPointIsSaid) {
  load(R"((module (func (export "other"))))");
  EXPECT_EQ(run("_start").kind, Outcome::Kind::kNoEntryPoint);
  EXPECT_EQ(run("other").kind, Outcome::Kind::kExited);
}

TEST_P(InstanceTest, ATrapInTheStartFunctionIsNoStart) {
  load(R"((module (func $start unreachable) (start $start) (func (export "_start"))))");
  EXPECT_EQ(run("_start").kind, Outcome::Kind::kNoStart);
}

TEST_P(InstanceTest, MemoryOverTheLimitAtTheStartIsOutOfMemory) {
  load(R"((module (memory (export "memory") 4) (func (export "_start"))))");
  EXPECT_EQ(run("_start", 3 << 16).kind, Outcome::Kind::kOutOfMemory);
  EXPECT_EQ(run("_start", 4 << 16).kind, Outcome::Kind::kExited);
}

TEST(Instance, AllMemoriesTogetherAreLimited) {
  const auto engine = Engine::create(Engine::Allocation::kOnDemand, 1).value();
  const auto host = Host::create(engine).value();
  const auto wasm =
      textToBinary(R"((module (memory (export "memory") 2) (memory 2) (func (export "_start"))))");
  const std::string path = testing::TempDir() + "/wagi-two-memories";
  std::ofstream(path, std::ios::binary) << *compile(engine, *wasm, Transform::kNo);
  auto module = Module::load(engine, path).value();
  ASSERT_TRUE(module.bind(host));
  const EntryPoint start = module.find("_start");
  NoInput in;
  TextOutput out;
  const Block block;
  const wasi::Invocation invocation{block, block, in, out, out, {}, wasi::realSystem()};
  Instance small(module, start, invocation, 3 << 16);
  ASSERT_TRUE(is<Ended>(small.resume()));
  EXPECT_EQ(small.outcome().kind, Outcome::Kind::kOutOfMemory);
  Instance large(module, start, invocation, 4 << 16);
  ASSERT_TRUE(is<Ended>(large.resume()));
  EXPECT_EQ(large.outcome().kind, Outcome::Kind::kExited);
  std::filesystem::remove(path);
}

TEST_P(InstanceTest, MemoryIsFreshEachTime) {
  load(R"((module (memory (export "memory") 4) (data (i32.const 8) "\07")
      (func (export "_start")
        (if (i32.ne (i32.load8_u (i32.const 8)) (i32.const 7)) (then unreachable))
        (if (i32.load (i32.const 100000)) (then unreachable))
        (i32.store8 (i32.const 8) (i32.const 1))
        (i32.store (i32.const 100000) (i32.const 1)))))");
  for (int i = 0; i < 100; ++i) ASSERT_EQ(run("_start").kind, Outcome::Kind::kExited) << i;
}

TEST_P(InstanceTest, AnEndlessLoopIsInterruptedAndCanBeEnded) {
  if (!Ticker::kReachesLoops) GTEST_SKIP();
  load(R"((module (func (export "_start") (loop br 0))))");
  const Engine* const engines[] = {&modules_.module().engine()};
  const auto ticker = Ticker::start(engines, std::chrono::milliseconds(5));
  ASSERT_TRUE(ticker) << ticker.error().message;
  const EntryPoint start = modules_.module().find("_start");
  Instance instance(modules_.module(), start, invocation(), 0);
  for (int slice = 0; slice < 3; ++slice) {
    ASSERT_TRUE(is<Interrupted>(instance.resume()));
  }
}

TEST_P(InstanceTest, AWatchedLoopIsInterruptedWhenTheCoreIsWanted) {
  if (!Ticker::kReachesLoops) GTEST_SKIP();
  load(R"((module (func (export "_start") (loop br 0))))");
  const Engine* const engines[] = {&modules_.module().engine()};
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const auto ticker = Ticker::start(engines, std::chrono::hours(1), ends[0]);
  ASSERT_TRUE(ticker) << ticker.error().message;
  const EntryPoint start = modules_.module().find("_start");
  Instance instance(modules_.module(), start, invocation(), 0);
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  for (int turn = 0; turn < 3; ++turn) {
    const Ticker::Watch watch(*ticker);
    ASSERT_TRUE(is<Interrupted>(instance.resume()));
  }
  for (const int end : ends) ::close(end);
}

TEST_P(InstanceTest, AnImportThatTheHostLacksIsNamed) {
  Module& module = modules_.load(R"((module (import "env" "mystery" (func))))", /*bind=*/false);
  const auto bound = modules_.runtimes().bind(module);
  ASSERT_FALSE(bound);
  EXPECT_THAT(bound.error().message, HasSubstr("env::mystery"));
}

TEST(Module, TellsWhatItImportsAndExports) {
  const auto engine = Engine::create(Engine::Allocation::kOnDemand, 1).value();
  const auto wasm = textToBinary(R"((module (import "env" "f" (func)) (memory (export "memory") 1)
      (func (export "go")) (func (export "add") (param i32) (result i32) (local.get 0))))");
  const auto code = compile(engine, *wasm, Transform::kNo);
  const std::string path = testing::TempDir() + "/wagi-module-code";
  std::ofstream(path, std::ios::binary) << *code;
  const auto module = Module::load(engine, path).value();
  ASSERT_EQ(module.imports().size(), 1u);
  EXPECT_EQ(module.imports()[0].module, "env");
  EXPECT_EQ(module.imports()[0].name, "f");
  const auto functions = module.functions();
  ASSERT_EQ(functions.size(), 2u) << "a memory is no function";
  EXPECT_TRUE(functions[0].is_command);
  EXPECT_FALSE(functions[1].is_command);
  std::filesystem::remove(path);
}

TEST(Module, CodeThatIsNoneIsRefused) {
  const auto engine = Engine::create(Engine::Allocation::kOnDemand, 1).value();
  const std::string path = testing::TempDir() + "/wagi-no-code";
  std::ofstream(path) << "not code";
  EXPECT_FALSE(Module::load(engine, path));
  EXPECT_FALSE(Module::load(engine, "/nonexistent"));
  std::filesystem::remove(path);
}

TEST(Module, ATableOverThePoolsSlotsLoadsOnDemandOnly) {
  const auto compiler = Engine::create(Engine::Allocation::kOnDemand, 1).value();
  const auto wasm = textToBinary("(module (table " + std::to_string(kTableElementsMax + 1) +
                                 " funcref) (func (export \"_start\")))");
  const std::string path = testing::TempDir() + "/wagi-large-table";
  std::ofstream(path, std::ios::binary) << *compile(compiler, *wasm, Transform::kNo);
  const auto pool = Engine::create(Engine::Allocation::kPool, 10).value();
  EXPECT_FALSE(Module::load(pool, path));
  EXPECT_TRUE(Module::load(compiler, path));
  std::filesystem::remove(path);
}

TEST(Code, WhatIsNoModuleIsSaid) {
  const auto engine = Engine::create(Engine::Allocation::kOnDemand, 1).value();
  EXPECT_FALSE(compile(engine, "nonsense"));
  const auto text = textToBinary("(module\n (func $f oops))");
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().message, HasSubstr("oops"));
}

}  // namespace
}  // namespace wagi::engine
