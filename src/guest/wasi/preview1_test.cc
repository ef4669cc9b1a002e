// Tests arguments, environment, clocks, randomness and exit.
#include "guest/wasi/preview1.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "guest/wasi/guest_testing.h"
#include "guest/wasi/limits.h"

namespace wagi::wasi {
namespace {

using testing::HasSubstr;
using U32 = std::uint32_t;
using U64 = std::uint64_t;

TEST(Preview1Test, ProvidesAllFortySixFunctionsAndNoOther) {
  EXPECT_EQ(signatures().size(), 46);
  for (const auto& [name, parameters, may_wait] : signatures()) {
    EXPECT_TRUE(provides("wasi_snapshot_preview1", name)) << name;
    EXPECT_EQ(provides("wasi_unstable", name), name != "sock_accept") << name;
    EXPECT_FALSE(provides("env", name)) << name;
  }
  EXPECT_FALSE(provides("wasi_snapshot_preview1", "fd_dup"));
  EXPECT_FALSE(provides("wasi_snapshot_preview1", ""));
}

TEST(Preview1Test, ModulesOfBothSnapshotsLink) {
  // The forwarder imports every function with the types of the specification.
  World world;
  const Guest current(world, Abi::kSnapshot1);
  const Guest before(world, Abi::kSnapshot0);
}

TEST(Preview1Test, DefiningTwiceFails) {
  wasm_engine_t* const engine = wasm_engine_new();
  wasmtime_linker_t* const linker = wasmtime_linker_new(engine);
  EXPECT_TRUE(define(linker));
  const auto again = define(linker);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message, HasSubstr("defined"));
  wasmtime_linker_delete(linker);
  wasm_engine_delete(engine);
}

TEST(Preview1Test, AModuleWithoutMemoryTrapsWithAReason) {
  World world;
  for (const char* call : {"(drop (call $close (i32.const 1)))", "(drop (call $yield))"}) {
    Guest guest(world,
                R"((module
                  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
                  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
                  (func (export "_start") )" +
                    std::string(call) + "))");
    EXPECT_EQ(guest.start("_start", {}), Guest::State::kTrapped);
    EXPECT_THAT(guest.trap(), HasSubstr("exports no (unshared) memory named \"memory\""));
  }
}

TEST(Preview1Test, AMemoryThatIsNoMemoryTrapsWithAReason) {
  World world;
  Guest guest(world, R"((module
      (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
      (func (export "memory"))
      (func (export "_start") (drop (call $close (i32.const 1))))))");
  EXPECT_EQ(guest.start("_start", {}), Guest::State::kTrapped);
  EXPECT_THAT(guest.trap(), HasSubstr("exports no (unshared) memory"));
}

TEST(Preview1Test, ExitEndsTheGuestWithItsStatus) {
  World world;
  for (const U32 status : {0u, 3u, 0xffffffffu}) {
    Guest guest(world);
    EXPECT_FALSE(guest.context().exitStatus());
    EXPECT_EQ(guest.start("proc_exit", {status}), Guest::State::kTrapped);
    EXPECT_EQ(guest.context().exitStatus(), status);
  }
}

TEST(Preview1Test, ExitNeedsNoMemory) {
  World world;
  Guest guest(world, R"((module
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (func (export "_start") (call $exit (i32.const 7)))))");
  EXPECT_EQ(guest.start("_start", {}), Guest::State::kTrapped);
  EXPECT_EQ(guest.context().exitStatus(), 7);
}

TEST(Preview1Test, MemoryMayGrowBetweenCalls) {
  World world;
  world.arguments.add("abc");
  Guest guest(world, R"((module
      (import "wasi_snapshot_preview1" "args_get" (func $get (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "_start") (result i32)
        (if (i32.ne (call $get (i32.const 0) (i32.const 100000)) (i32.const 21))
          (then unreachable))
        (drop (memory.grow (i32.const 2)))
        (call $get (i32.const 0) (i32.const 100000)))))");
  ASSERT_EQ(guest.start("_start", {}), Guest::State::kReturned) << guest.trap();
  EXPECT_EQ(guest.result(), Errno::kSuccess);
  EXPECT_EQ(guest.text(100000, 4), std::string("abc\0", 4));
}

TEST(Preview1Test, ArgumentsAndEnvironmentAreCopied) {
  World world;
  for (const char* argument : {"/path", "", "a=1"}) world.arguments.add(argument);
  world.environment.add("K=V");
  Guest guest(world);

  EXPECT_EQ(guest.call("args_sizes_get", {0, 8}), Errno::kSuccess);
  EXPECT_EQ(guest.load<U32>(0), 3);
  EXPECT_EQ(guest.load<U32>(8), 11);
  EXPECT_EQ(guest.call("args_get", {16, 100}), Errno::kSuccess);
  EXPECT_EQ(guest.text(100, 11), std::string("/path\0\0a=1\0", 11));
  EXPECT_EQ(guest.load<U32>(16), 100);
  EXPECT_EQ(guest.load<U32>(20), 106);
  EXPECT_EQ(guest.load<U32>(24), 107);

  EXPECT_EQ(guest.call("environ_sizes_get", {0, 8}), Errno::kSuccess);
  EXPECT_EQ(guest.load<U32>(0), 1);
  EXPECT_EQ(guest.load<U32>(8), 4);
  EXPECT_EQ(guest.call("environ_get", {17, 203}), Errno::kSuccess) << "unaligned pointers are fine";
  EXPECT_EQ(guest.text(203, 4), std::string("K=V\0", 4));
  EXPECT_EQ(guest.load<U32>(17), 203);
}

TEST(Preview1Test, NoArgumentsAreNoBytes) {
  World world;
  Guest guest(world);
  guest.store<U64>(0, ~U64{0});
  EXPECT_EQ(guest.call("args_sizes_get", {0, 4}), Errno::kSuccess);
  EXPECT_EQ(guest.load<U64>(0), 0);
  EXPECT_EQ(guest.call("args_get", {Guest::kMemoryBytes, Guest::kMemoryBytes}), Errno::kSuccess);
}

TEST(Preview1Test, ClocksAreTheSystems) {
  World world;
  Guest guest(world);
  const U64 expected[] = {1'700'000'000'000'000'000, 1'000'000'000'000, 5'000'000, 5'000'000};
  for (U32 clock = 0; clock < 4; ++clock) {
    EXPECT_EQ(guest.call("clock_time_get", {clock, 1000, 0}), Errno::kSuccess);
    EXPECT_EQ(guest.load<U64>(0), expected[clock]);
    EXPECT_EQ(guest.call("clock_res_get", {clock, 0}), Errno::kSuccess);
    EXPECT_EQ(guest.load<U64>(0), 1);
  }
  EXPECT_EQ(guest.call("clock_time_get", {4, 0, 0}), Errno::kInval);
  EXPECT_EQ(guest.call("clock_res_get", {4, 0}), Errno::kInval);
  world.system.pass(std::chrono::nanoseconds(7));
  EXPECT_EQ(guest.call("clock_time_get", {1, 0, 0}), Errno::kSuccess);
  EXPECT_EQ(guest.load<U64>(0), 1'000'000'000'007);
}

TEST(Preview1Test, RandomBytesAreTheSystems) {
  World world;
  Guest guest(world);
  EXPECT_EQ(guest.call("random_get", {4, 3}), Errno::kSuccess);
  EXPECT_EQ(guest.text(3, 5), std::string("\0\1\2\3\0", 5));
  EXPECT_EQ(guest.call("random_get", {Guest::kMemoryBytes, 0}), Errno::kSuccess);
  EXPECT_EQ(guest.call("random_get", {0, 0xffffffff}), Errno::kFault);
}

TEST(Preview1Test, RandomBytesOfOneCallAreLimited) {
  World world;
  Guest guest(world, R"((module
      (import "wasi_snapshot_preview1" "random_get" (func $get (param i32 i32) (result i32)))
      (memory (export "memory") 100)
      (func (export "get") (param i32) (result i32) (call $get (i32.const 0) (local.get 0)))))");
  EXPECT_EQ(guest.call("get", {kRandomBytesMax}), Errno::kSuccess);
  EXPECT_EQ(guest.call("get", {kRandomBytesMax + 1}), Errno::kInval);
}

TEST(Preview1Test, RealSystemIsTheKernels) {
  System& system = realSystem();
  const auto before = system.monotonicClock();
  std::byte a[32]{}, b[32]{};
  system.random(a);
  system.random(b);
  EXPECT_NE(std::memcmp(a, b, sizeof(a)), 0);
  EXPECT_GE(system.monotonicClock(), before);
  EXPECT_GT(system.wallClock(), std::chrono::seconds(1'600'000'000));
  EXPECT_GT(system.cpuClock().count(), 0);
}

TEST(Preview1Test, WhatAGuestHereHasNotSaysSo) {
  World world;
  Guest guest(world);
  for (const auto& [fd, expected] :
       {std::pair<U32, Errno>{1, Errno::kNotsock}, {9, Errno::kBadf}}) {
    EXPECT_EQ(guest.call("sock_accept", {fd, 0, 0}), expected);
    EXPECT_EQ(guest.call("sock_recv", {fd, 0, 0, 0, 0, 4}), expected);
    EXPECT_EQ(guest.call("sock_send", {fd, 0, 0, 0, 0}), expected);
    EXPECT_EQ(guest.call("sock_shutdown", {fd, 1}), expected);
  }
}

TEST(Preview1Test, ASignalDoesWhatItDoesByDefault) {
  World world;
  const std::pair<U32, U32> ending[] = {{1, 1},   {2, 2},   {6, 6},   {9, 9},   {13, 13},
                                        {15, 15}, {23, 24}, {24, 25}, {25, 26}, {26, 27},
                                        {28, 29}, {29, 30}, {30, 31}};
  for (const auto& [signal, host] : ending) {
    Guest guest(world);
    ASSERT_EQ(guest.start("proc_raise", {signal}), Guest::State::kTrapped) << signal;
    EXPECT_EQ(guest.context().exitStatus(), 128 + host) << "as Linux numbers it";
  }
  Guest guest(world);
  for (const U32 ignored : {0, 16, 17, 22, 27}) {
    EXPECT_EQ(guest.call("proc_raise", {ignored}), Errno::kSuccess) << ignored;
  }
  for (const U32 stopping : {18, 19, 20, 21}) {
    EXPECT_EQ(guest.call("proc_raise", {stopping}), Errno::kNotsup) << stopping;
  }
  for (const U32 unknown : {31U, 0xffffffffU}) {
    EXPECT_EQ(guest.call("proc_raise", {unknown}), Errno::kInval) << unknown;
  }
  EXPECT_FALSE(guest.context().exitStatus());
}

TEST(Preview1Test, YieldLetsOthersRunOnce) {
  World world;
  Guest guest(world);
  EXPECT_FALSE(guest.suspension());
  ASSERT_EQ(guest.start("sched_yield", {}), Guest::State::kSuspended);
  EXPECT_TRUE(guest.suspendedBy<Yielded>());
  ASSERT_EQ(guest.resume(), Guest::State::kReturned);
  EXPECT_EQ(guest.result(), Errno::kSuccess);
  EXPECT_FALSE(guest.suspension());
}

}  // namespace
}  // namespace wagi::wasi
