#include "guest/engine/trap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace wagi::engine {
namespace {

using Kind = Trap::Kind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string error(const std::string& frames, const std::string& cause) {
  return "error while executing at wasm backtrace:\n" + frames + "\n\nCaused by:\n" + cause + "\n";
}

TEST(Trap, HasItsReasonAndItsFrames) {
  const Trap trap = parseTrap(
      error("    0:     0x6d - m.wasm!divide(int, int)\n    1:     0x9f - <unknown>!_start",
            "    wasm trap: integer divide by zero"));
  EXPECT_EQ(trap.kind, Kind::kArithmetic);
  EXPECT_EQ(trap.reason, "integer divide by zero");
  EXPECT_THAT(trap.frames, ElementsAre("0x6d in divide(int, int)", "0x9f in _start"));
  EXPECT_EQ(render(trap),
            "integer divide by zero\n  #0  0x6d in divide(int, int)\n  #1  0x9f in _start");
}

TEST(Trap, AnAddressOutOfBoundsIsTold) {
  const Trap trap = parseTrap(
      error("    0:     0x6d - <unknown>!f",
            "    0: memory fault at wasm address 0x20000 in linear memory of size 0x10000\n"
            "    1: wasm trap: out of bounds memory access"));
  EXPECT_EQ(trap.kind, Kind::kMemory);
  EXPECT_EQ(trap.reason, "memory access out of bounds, at 0x20000 of 0x10000 bytes");
}

TEST(Trap, AFunctionWithoutANameHasItsNumber) {
  const Trap trap = parseTrap(error("    0:     0x1d - <unknown>!<wasm function 3>",
                                    "    wasm trap: call stack exhausted"));
  EXPECT_EQ(trap.kind, Kind::kMemory);
  EXPECT_THAT(trap.frames, ElementsAre("0x1d in function 3"));
}

TEST(Trap, ARustFunctionHasNoHash) {
  const Trap trap = parseTrap(
      error("    0:     0x1 - <unknown>!app::run::h0123456789abcdef\n"
            "    1:     0x2 - <unknown>!app::h01234567\n"
            "    2:     0x3 - <unknown>!<u8 as core::fmt::Display>::fmt::h0123456789abcdeg",
            "    wasm trap: wasm `unreachable` instruction executed"));
  EXPECT_THAT(trap.frames,
              ElementsAre("0x1 in app::run", "0x2 in app::h01234567",
                          "0x3 in <u8 as core::fmt::Display>::fmt::h0123456789abcdeg"));
}

TEST(Trap, ARustFunctionHasNoHashInItsNewerForm) {
  const Trap trap = parseTrap(
      error("    0:     0x1 - <unknown>!<app[4cea6422a110c80d]::Cart<[f64]>>::pick\n"
            "    1:     0x2 - <unknown>!core[1a2b3c4d5e6f7a8b]::run::<[u8; 4], [deadbeef]",
            "    wasm trap: integer overflow"));
  EXPECT_THAT(trap.frames, ElementsAre("0x1 in <app::Cart<[f64]>>::pick",
                                       "0x2 in core::run::<[u8; 4], [deadbeef]"));
}

TEST(Trap, NotesOfTheEngineAreLeftOut) {
  const Trap trap = parseTrap(
      error("    0:     0x1 - <unknown>!f\nnote: using the `WASMTIME_BACKTRACE_DETAILS=1` "
            "environment variable may show more debugging information",
            "    wasm trap: integer overflow"));
  EXPECT_EQ(trap.frames.size(), 1u);
  EXPECT_THAT(render(trap), Not(HasSubstr("WASMTIME")));
}

TEST(Trap, ANameCanNeitherEndTheFramesNorSteerATerminal) {
  const Trap trap = parseTrap(
      error("    0:     0x1 - <unknown>!f\x1b[2J\n\nCaused by:\n    wasm trap: integer overflow\n"
            "    1:     0x2 - <unknown>!" +
                std::string(100'000, 'n'),
            "    wasm trap: uninitialized element"));
  EXPECT_EQ(trap.reason, "call through a null function pointer");
  ASSERT_EQ(trap.frames.size(), 2u);
  EXPECT_EQ(trap.frames[0], "0x1 in f\\x1b[2J");
  EXPECT_LT(trap.frames[1].size(), kFunctionNameBytesMax + 40);
}

TEST(Trap, ALongNameIsNotCutWithinACharacter) {
  const std::string name = std::string(kFunctionNameBytesMax - 1, 'n') + "\xc3\xa9xyz";
  const Trap trap =
      parseTrap(error("    0:     0x1 - <unknown>!" + name, "    wasm trap: integer overflow"));
  EXPECT_THAT(trap.frames, ElementsAre("0x1 in " + std::string(kFunctionNameBytesMax - 1, 'n') +
                                       "... (" + std::to_string(name.size()) + " bytes)"));
}

TEST(Trap, WhatIsUnknownStaysAsItIs) {
  const Trap host = parseTrap(error("    0:     0x1 - <unknown>!f", "    no memory\n    at all"));
  EXPECT_EQ(host.kind, Kind::kAbort);
  EXPECT_EQ(host.reason, "no memory");
  const Trap plain = parseTrap("the entry point is not a function");
  EXPECT_EQ(plain.reason, "the entry point is not a function");
  EXPECT_THAT(plain.frames, IsEmpty());
  EXPECT_EQ(parseTrap("wasm trap: something new").reason, "something new");
  EXPECT_EQ(parseTrap("").reason, "");
}

}  // namespace
}  // namespace wagi::engine
