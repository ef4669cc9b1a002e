// Tests every pointer of every function. One that leaves memory is FAULT, and the call does
// nothing. Where memory ends, how a pointer is aligned and what else is there makes no difference.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "guest/wasi/call_cases.h"

namespace wagi::wasi {
namespace {

using U32 = std::uint32_t;
using U64 = std::uint64_t;

constexpr U64 kOut = 512, kOut2 = 600;

std::string describe(const CallCase& call, std::size_t argument, U64 value) {
  return call.function + " with argument " + std::to_string(argument) + " " + std::to_string(value);
}

class FaultsTest : public testing::TestWithParam<Abi> {
 protected:
  // A guest that is prepared for all calls, in a world of its own, since calls change it.
  struct Fresh {
    explicit Fresh(Abi abi, std::string_view memory = Guest::kMemory)
        : guest(world.world, Guest::forwarder(abi, memory)) {
      CaseWorld::prepare(guest);
    }
    CaseWorld world;
    Guest guest;
  };

  // Makes the call with the data at each of its pointers moved to where `place` says.
  template <class Place>
  void expectSameElsewhere(const CallCase& call, std::string_view memory, Place place) {
    Fresh fresh(GetParam(), memory);
    std::vector<U64> arguments = call.arguments;
    for (const auto& pointer : call.pointers) {
      const U64 at = place(pointer);
      fresh.guest.copy(static_cast<U32>(at), static_cast<U32>(arguments[pointer.argument]),
                       pointer.bytes);
      arguments[pointer.argument] = at;
    }
    EXPECT_EQ(callWith(fresh.guest, call, arguments), call.expected) << call.function;
  }

  // Points each pointer in turn out of a memory of `bytes`; expects FAULT, and that nothing is
  // done.
  void expectFaultsPast(U64 bytes, std::string_view memory) {
    Fresh fresh(GetParam(), memory);
    for (const CallCase& call : callCases(GetParam())) {
      for (const auto& pointer : call.pointers) {
        std::vector<U64> arguments = call.arguments;
        // A byte too far, at the end, past it, and where adding the length wraps around 32 bits.
        for (const U64 at : {bytes - pointer.bytes + 1, bytes, bytes + 1, U64{0x8000'0000},
                             (U64{1} << 32) - pointer.bytes, U64{0xffff'ffff}}) {
          if (at + pointer.bytes <= bytes || at > 0xffff'ffff) continue;
          arguments[pointer.argument] = at;
          EXPECT_EQ(callWith(fresh.guest, call, arguments), Errno::kFault)
              << describe(call, pointer.argument, at);
        }
      }
    }
    fresh.world.expectUntouched(fresh.guest);
  }
};

INSTANTIATE_TEST_SUITE_P(Snapshots, FaultsTest, testing::Values(Abi::kSnapshot0, Abi::kSnapshot1),
                         [](const auto& abi) {
                           return abi.param == Abi::kSnapshot0 ? "Snapshot0" : "Snapshot1";
                         });

constexpr std::string_view kWholeMemory = "(memory (export \"memory\") 65536)";
constexpr U64 kWholeMemoryBytes = U64{1} << 32;

TEST_P(FaultsTest, EveryFunctionHasACase) {
  for (const auto& [name, parameters, may_wait] : signatures()) {
    bool covered = name == "proc_exit" || (GetParam() == Abi::kSnapshot0 && name == "sock_accept");
    for (const CallCase& call : callCases(GetParam())) covered |= call.function == name;
    EXPECT_TRUE(covered) << name;
  }
}

TEST_P(FaultsTest, EachCaseDoesAsItStands) {
  for (const CallCase& call : callCases(GetParam())) {
    Fresh fresh(GetParam());
    EXPECT_EQ(callWith(fresh.guest, call, call.arguments), call.expected) << call.function;
  }
}

TEST_P(FaultsTest, APointerOutsideMemoryIsAFault) {
  expectFaultsPast(Guest::kMemoryBytes, Guest::kMemory);
}

TEST_P(FaultsTest, APointerOutsideAllThatThereIsIsAFault) {
  expectFaultsPast(kWholeMemoryBytes, kWholeMemory);
}

TEST_P(FaultsTest, ALengthThatLeavesMemoryIsAFault) {
  Fresh fresh(GetParam());
  for (const CallCase& call : callCases(GetParam())) {
    for (const auto& pointer : call.pointers) {
      const auto length = pointer.length ? pointer.length : pointer.entries;
      if (!length) continue;
      std::vector<U64> arguments = call.arguments;
      for (const U64 at : {arguments[pointer.argument], U64{1}, U64{0}, U64{0xffff'ffff}}) {
        for (const U64 value :
             {U64{0xffff'ffff}, U64{0x8000'0000}, U64{0x2000'0000}, U64{Guest::kMemoryBytes + 1}}) {
          arguments[pointer.argument] = at;
          arguments[*length] = value;
          // The number of subscriptions is checked before their address.
          const Errno expected = call.function == "poll_oneoff" ? Errno::kInval : Errno::kFault;
          EXPECT_EQ(callWith(fresh.guest, call, arguments), expected)
              << describe(call, *length, value);
        }
      }
    }
  }
  fresh.world.expectUntouched(fresh.guest);
}

TEST_P(FaultsTest, TheVeryEndOfMemoryIsWithinIt) {
  for (const CallCase& call : callCases(GetParam())) {
    for (std::size_t i = 0; i < call.pointers.size(); ++i) {
      const auto place = [&](U64 end) {
        return [&, end](const CallCase::Pointer& pointer) {
          return &pointer == &call.pointers[i] ? end - pointer.bytes
                                               : call.arguments[pointer.argument];
        };
      };
      expectSameElsewhere(call, Guest::kMemory, place(Guest::kMemoryBytes));
      expectSameElsewhere(call, kWholeMemory, place(kWholeMemoryBytes));
    }
  }
}

TEST_P(FaultsTest, PointersNeedntBeAligned) {
  for (const CallCase& call : callCases(GetParam())) {
    for (const U64 off : {1, 3, 5}) {
      U64 next = 4096;
      expectSameElsewhere(call, Guest::kMemory,
                          [&](const auto&) { return std::exchange(next, next + 256) + off; });
    }
  }
}

TEST_P(FaultsTest, WhatOverlapsIsAnErrnoAndNoMore) {
  for (const CallCase& call : callCases(GetParam())) {
    for (const auto& pointer : call.pointers) {
      for (const auto& other : call.pointers) {
        for (const U64 off : {0, 1, 4}) {
          Fresh fresh(GetParam());
          std::vector<U64> arguments = call.arguments;
          arguments[pointer.argument] = arguments[other.argument] + off;
          static_cast<void>(callWith(fresh.guest, call, arguments));
          EXPECT_EQ(fresh.guest.call("clock_res_get", {0, 0}), Errno::kSuccess) << "it goes on";
        }
      }
    }
  }
}

TEST_P(FaultsTest, ABufferOutsideMemoryIsAFault) {
  Fresh fresh(GetParam());
  Guest& guest = fresh.guest;
  constexpr U64 kFile = CaseWorld::kFile;
  constexpr U32 kEnd = Guest::kMemoryBytes;
  const Iovec bad[] = {{kEnd, 1}, {kEnd - 1, 2}, {0xffffffff, 1}, {1, 0xffffffff}, {0, kEnd + 1}};
  for (const Iovec& buffer : bad) {
    const U32 iovecs = guest.iovecs({{kOut2, 4}, buffer});
    for (const U64 fd : {U64{0}, kFile}) {
      EXPECT_EQ(guest.call("fd_read", {fd, iovecs, 2, kOut}), Errno::kFault);
    }
    for (const U64 fd : {U64{1}, kFile}) {
      EXPECT_EQ(guest.call("fd_write", {fd, iovecs, 2, kOut}), Errno::kFault);
    }
    EXPECT_EQ(guest.call("fd_pread", {kFile, iovecs, 2, 0, kOut}), Errno::kFault);
    EXPECT_EQ(guest.call("fd_pwrite", {kFile, iovecs, 2, 0, kOut}), Errno::kFault);
  }
  fresh.world.expectUntouched(guest);
}

TEST_P(FaultsTest, ABufferMayHoldItsOwnIovecs) {
  Fresh fresh(GetParam());
  Guest& guest = fresh.guest;
  const U32 iovecs = guest.iovecs({{Guest::kScratch, 16}, {Guest::kScratch + 4, 16}});
  ASSERT_LE(iovecs, Guest::kScratch + 64);
  guest.store<Iovec>(iovecs, {iovecs, 16});
  guest.store<Iovec>(iovecs + 8, {iovecs + 4, 16});
  for (const U64 fd : {U64{0}, CaseWorld::kFile}) {
    EXPECT_EQ(guest.call("fd_read", {fd, iovecs, 2, kOut}), Errno::kSuccess) << fd;
    guest.store<Iovec>(iovecs, {iovecs, 16});
    guest.store<Iovec>(iovecs + 8, {iovecs + 4, 16});
  }
  EXPECT_EQ(guest.call("fd_write", {1, iovecs, 2, iovecs}), Errno::kSuccess);
  EXPECT_EQ(fresh.world.world.out.text.size(), 32u);
}

TEST_P(FaultsTest, NothingPointsIntoAMemoryOfNoPages) {
  CaseWorld world;
  Guest guest(world.world, Guest::forwarder(GetParam(), "(memory (export \"memory\") 0)"));
  for (const CallCase& call : callCases(GetParam())) {
    // Without memory there is no name to open a file by, so calls on the file would give BADF.
    const bool of_file = !call.arguments.empty() && call.arguments[0] == CaseWorld::kFile;
    if (call.pointers.empty() || of_file) continue;
    EXPECT_EQ(callWith(guest, call, call.arguments), Errno::kFault) << call.function;
  }
  EXPECT_EQ(world.world.out.text, "");
}

TEST_P(FaultsTest, WithoutMemoryEveryFunctionTraps) {
  CaseWorld world;
  for (const CallCase& call : callCases(GetParam())) {
    if (call.function == "proc_raise") continue;  // It needs no memory, like proc_exit.
    Guest guest(world.world, Guest::forwarder(GetParam(), ""));
    EXPECT_EQ(guest.startWith(call.function, call.arguments), Guest::State::kTrapped)
        << call.function;
    EXPECT_NE(guest.trap().find("exports no (unshared) memory named \"memory\""), std::string::npos)
        << guest.trap();
  }
}

TEST_P(FaultsTest, WhatGrowthAddsIsWithinMemory) {
  for (const CallCase& call : callCases(GetParam())) {
    for (const auto& pointer : call.pointers) {
      Fresh fresh(GetParam());
      std::vector<U64> arguments = call.arguments;
      arguments[pointer.argument] = Guest::kMemoryBytes;
      EXPECT_EQ(callWith(fresh.guest, call, arguments), Errno::kFault) << call.function;
      EXPECT_EQ(fresh.guest.call("grow", {1}), Errno{Guest::kPages}) << "the size before";
      fresh.guest.copy(Guest::kMemoryBytes, static_cast<U32>(call.arguments[pointer.argument]),
                       pointer.bytes);
      EXPECT_EQ(callWith(fresh.guest, call, arguments), call.expected) << call.function;
    }
  }
}

}  // namespace
}  // namespace wagi::wasi
