// Tests access to a guest's memory of any kind, which may move between two calls.
#include "guest/wasi/memory.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "guest/wasi/guest_testing.h"

namespace wagi::wasi {
namespace {

using U32 = std::uint32_t;
using U64 = std::uint64_t;

constexpr U32 kPage = 65536;

TEST(GuestMemory, ARangeIsWithinItOrNot) {
  std::array<std::byte, 16> bytes{};
  const GuestMemory memory(bytes.data(), bytes.size());
  EXPECT_TRUE(memory.contains(0, 16));
  EXPECT_TRUE(memory.contains(16, 0));
  EXPECT_TRUE(memory.contains(15, 1));
  EXPECT_FALSE(memory.contains(15, 2));
  EXPECT_FALSE(memory.contains(17, 0));
  EXPECT_FALSE(memory.contains(0, 17));
  EXPECT_FALSE(memory.contains(0xffffffff, 1));
  EXPECT_FALSE(memory.contains(0xffffffff, 0));
  EXPECT_FALSE(memory.contains(1, ~U64{0})) << "no sum wraps around 64 bits";
  EXPECT_FALSE(memory.contains(0xffffffff, ~U64{0}));
  EXPECT_EQ(memory.readable(4, 12)->data(), bytes.data() + 4);
  EXPECT_FALSE(memory.readable(4, 13));
  EXPECT_EQ(memory.writable(4, 12)->data(), bytes.data() + 4);
  EXPECT_FALSE(memory.writable(4, 13));
  EXPECT_FALSE(memory.text(16, 1));
  EXPECT_FALSE(memory.load<U64>(9));
  EXPECT_FALSE(memory.store<U64>(9, 1));
  EXPECT_TRUE(memory.store<U64>(7, 0x0102030405060708));
  EXPECT_EQ(memory.load<U64>(7), 0x0102030405060708);
}

TEST(GuestMemory, OfNoBytesHoldsOnlyNothing) {
  const GuestMemory memory;
  EXPECT_TRUE(memory.contains(0, 0));
  EXPECT_FALSE(memory.contains(0, 1));
  EXPECT_FALSE(memory.contains(1, 0));
}

TEST(GuestMemory, OfFourGibibytesEndsWhere32BitsEnd) {
  // Only the sums are tested: the memory doesn't exist.
  const GuestMemory memory(nullptr, std::size_t{1} << 32);
  EXPECT_TRUE(memory.contains(0xffffffff, 1));
  EXPECT_FALSE(memory.contains(0xffffffff, 2));
  EXPECT_TRUE(memory.contains(0, U64{1} << 32));
  EXPECT_FALSE(memory.contains(1, U64{1} << 32));
}

// Reads "input" from fd 0 to `at`, which is where the memory that the test adds begins.
Errno readInto(Guest& guest, U32 at) {
  const U32 iovec = guest.iovecs({{at, 5}});
  return guest.call("fd_read", {0, iovec, 1, 0});
}

TEST(GuestMemory, WhatItGrewByIsThereInTheNextCall) {
  World world;
  world.in.add("input");
  Guest guest(world);
  EXPECT_EQ(readInto(guest, Guest::kMemoryBytes), Errno::kFault);
  // A thousand pages are more than any engine maps beforehand, so the memory may move.
  EXPECT_EQ(guest.call("grow", {1000}), Errno{Guest::kPages});
  EXPECT_EQ(readInto(guest, Guest::kMemoryBytes + 999 * kPage), Errno::kSuccess);
  EXPECT_EQ(guest.text(Guest::kMemoryBytes + 999 * kPage, 5), "input");
}

// A guest that is suspended in a call can't grow its memory, since its only stack is in the call. A
// resumed call looks the memory up again all the same.
TEST(GuestMemory, ASuspendedCallGoesOnInMemoryThatGrewBeforeIt) {
  World world;
  Guest guest(world);
  EXPECT_EQ(guest.call("grow", {100}), Errno{Guest::kPages});
  const U32 at = Guest::kMemoryBytes + 99 * kPage;
  const U32 iovec = guest.iovecs({{at, 5}});
  ASSERT_EQ(guest.start("fd_read", {0, iovec, 1, at + 8}), Guest::State::kSuspended);
  ASSERT_EQ(guest.resume(), Guest::State::kSuspended) << "resumed too early, it waits on";
  world.in.add("input");
  ASSERT_EQ(guest.resume(), Guest::State::kReturned);
  EXPECT_EQ(guest.result(), Errno::kSuccess);
  EXPECT_EQ(guest.text(at, 5), "input");
  EXPECT_EQ(guest.load<U32>(at + 8), 5u);

  world.in.end();
  guest.store<Subscription>(2048, {.userdata = 7,
                                   .tag = kEventtypeClock,
                                   .id = static_cast<U32>(ClockId::kMonotonic),
                                   .pad = 0,
                                   .timeout = 1000,
                                   .precision = 0,
                                   .flags = 0});
  ASSERT_EQ(guest.start("poll_oneoff", {2048, at, 1, at + 64}), Guest::State::kSuspended);
  world.system.pass(std::chrono::nanoseconds(1000));
  ASSERT_EQ(guest.resume(), Guest::State::kReturned);
  EXPECT_EQ(guest.load<Event>(at).userdata, 7u);
}

TEST(GuestMemory, ACallDroppedWhileItWaitsLeavesNoTrace) {
  for (int i = 0; i < 100; ++i) {
    World world;
    Guest guest(world);
    const U32 iovec = guest.iovecs({{4096, 5}});
    ASSERT_EQ(guest.start("fd_read", {0, iovec, 1, 0}), Guest::State::kSuspended);
    guest.drop();
    EXPECT_EQ(guest.text(4096, 5), std::string(5, '\0'));
  }
}

TEST(GuestMemory, OfSeveralTheExportedOneCounts) {
  World world;
  for (const char* memories :
       {"(memory (export \"memory\") 1) (memory 4)", "(memory 4) (memory (export \"memory\") 1)",
        "(memory (export \"other\") 4) (memory (export \"memory\") 1)"}) {
    Guest guest(world,
                "(module "
                "(import \"wasi_snapshot_preview1\" \"random_get\""
                " (func $get (param i32 i32) (result i32)))" +
                    std::string(memories) +
                    "(func (export \"get\") (param i32) (result i32)"
                    " (call $get (local.get 0) (i32.const 4))))");
    EXPECT_EQ(guest.call("get", {kPage - 4}), Errno::kSuccess) << memories;
    EXPECT_NE(guest.text(kPage - 4, 4), std::string(4, '\0')) << memories;
    EXPECT_EQ(guest.call("get", {kPage - 3}), Errno::kFault) << memories;
  }
}

TEST(GuestMemory, OfTheKindWith64BitsIsReachedAsFarAs32Do) {
  World world;
  world.in.add("input");
  Guest guest(world, Guest::forwarder(Abi::kSnapshot1, "(memory (export \"memory\") i64 4)"));
  EXPECT_EQ(readInto(guest, Guest::kMemoryBytes - 5), Errno::kSuccess);
  EXPECT_EQ(guest.text(Guest::kMemoryBytes - 5, 5), "input");
  EXPECT_EQ(readInto(guest, Guest::kMemoryBytes - 4), Errno::kFault);
  EXPECT_EQ(guest.call("random_get", {0xffffffff, 1}), Errno::kFault);
}

}  // namespace
}  // namespace wagi::wasi
