// Tests that an instance that was set back is, to its last byte, a new one: after guests that do
// their worst, by every way to write memory, and however they end.
#include "guest/engine/sandbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstring>
#include <random>
#include <string>

#include "base/sanitizer.h"
#include "guest/engine/engine_testing.h"
#include "guest/engine/instance.h"
#include "guest/engine/memory_slots.h"
#include "guest/wasi/testing.h"

namespace wagi::engine {
namespace {

// The acts of the guest below, by the first byte of its input; the next four are an address.
enum class Act : char {
  kNothing,
  kFill,
  kFillAndTrap,
  kFillAndExit,
  kRecurse,
  kStore,
  kGrowAndFill,
  kCallIndirect,
  kReadIntoPage,
  kLoop,
  kCopy,
  kStoreVector,
  kRandom,
  kWait,
  kCount,
};

// Has every kind of state that an instance has which can be kept. First it compares all of its
// memory, its size and its globals with what they should be, and traps with a division if one
// differs: a guest's own look.
constexpr const char* kHostile = R"((module
 (import "wasi_snapshot_preview1" "fd_read"
   (func $read (param i32 i32 i32 i32) (result i32)))
 (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
 (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
 (memory (export "memory") 3 20)
 (data (i32.const 4090) "over a page's border")
 (data (i32.const 70000) "in the second") (data (i32.const 0x2fff0) "the very end....")
 (global $i (mut i32) (i32.const 7)) (global $l (mut i64) (i64.const -9))
 (global $f (mut f32) (f32.const nan:0x200001)) (global $d (mut f64) (f64.const -0))
 (global $v (mut v128) (v128.const i32x4 1 2 3 4))
 (table $t 8 8 funcref) (elem (i32.const 2) func $exit $read $one)
 (func $one (result i32) (i32.const 1))
 (func $wrong (drop (i32.div_u (i32.const 1) (i32.const 0))))
 (func $look (local $at i32) (local $sum i64)
   (if (i32.ne (memory.size) (i32.const 3)) (then (call $wrong)))
   (if (i32.ne (global.get $i) (i32.const 7)) (then (call $wrong)))
   (if (i64.ne (global.get $l) (i64.const -9)) (then (call $wrong)))
   (if (i32.ne (i32.reinterpret_f32 (global.get $f)) (i32.const 0x7fa00001)) (then (call $wrong)))
   (if (i64.ne (i64.reinterpret_f64 (global.get $d)) (i64.const 0x8000000000000000))
     (then (call $wrong)))
   (if (i32.eqz (i8x16.all_true (i8x16.eq (global.get $v) (v128.const i32x4 1 2 3 4))))
     (then (call $wrong)))
   (loop $next
     (local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 7))
                              (i64.load (local.get $at))))
     (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8)))
                            (i32.const 0x30000))))
   (if (i64.ne (local.get $sum) (i64.const SUM)) (then (call $wrong))))
 (func $fill
   (memory.fill (i32.const 0) (i32.const 0xa5) (i32.shl (memory.size) (i32.const 16)))
   (global.set $i (i32.const 1)) (global.set $l (i64.const 1)) (global.set $f (f32.const nan))
   (global.set $d (f64.const 3)) (global.set $v (v128.const i32x4 9 9 9 9)))
 (func $recurse (call $recurse))
 (func $take (param $at i32) (param $length i32)
   (i32.store (i32.const 2000) (local.get $at)) (i32.store (i32.const 2004) (local.get $length))
   (drop (call $read (i32.const 0) (i32.const 2000) (i32.const 1) (i32.const 2008))))
 (func (export "sum") (local $at i32) (local $sum i64)
   (loop $next
     (local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 7))
                              (i64.load (local.get $at))))
     (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8)))
                            (i32.const 0x30000))))
   (i64.store (i32.const 0) (local.get $sum))
   (call $exit (i32.const 0)))
 (func (export "_start") (local $act i32) (local $at i32)
   (call $look)
   (call $take (i32.const 2048) (i32.const 5))
   (local.set $act (i32.load8_u (i32.const 2048)))
   (local.set $at (i32.load (i32.const 2049)))
   (if (i32.eq (local.get $act) (i32.const 1)) (then (call $fill)))
   (if (i32.eq (local.get $act) (i32.const 2)) (then (call $fill) unreachable))
   (if (i32.eq (local.get $act) (i32.const 3)) (then (call $fill) (call $exit (i32.const 0))))
   (if (i32.eq (local.get $act) (i32.const 4)) (then (call $fill) (call $recurse)))
   (if (i32.eq (local.get $act) (i32.const 5)) (then (i32.store (local.get $at) (i32.const -1))))
   (if (i32.eq (local.get $act) (i32.const 6))
     (then (drop (memory.grow (i32.const 4))) (call $fill)))
   (if (i32.eq (local.get $act) (i32.const 7))
     (then (i32.store (local.get $at) (call_indirect (result i32) (i32.const 4)))))
   (if (i32.eq (local.get $act) (i32.const 8)) (then (call $take (local.get $at) (i32.const 40))))
   (if (i32.eq (local.get $act) (i32.const 9))
     (then (loop $l (global.set $i (i32.add (global.get $i) (i32.const 1)))
       (br_if $l (i32.lt_u (global.get $i) (i32.const 1000))))))
   (if (i32.eq (local.get $act) (i32.const 10))
     (then (memory.copy (local.get $at) (i32.const 4090) (i32.const 9000))))
   (if (i32.eq (local.get $act) (i32.const 11))
     (then (v128.store (local.get $at) (global.get $v))
       (f64.store (i32.add (local.get $at) (i32.const 4090)) (global.get $d))))
   (if (i32.eq (local.get $act) (i32.const 12))
     (then (drop (call $random (local.get $at) (i32.const 6000)))))
   (if (i32.eq (local.get $act) (i32.const 13))
     (then (call $fill) (call $take (i32.const 4096) (i32.const 99))
       (call $take (i32.const 4096) (i32.const 99))))))
)";

std::string hostile() {
  std::string wat = kHostile;
  // The sum that $look compares with, of the three segments.
  std::string memory(0x30000, '\0');
  const auto put = [&](std::size_t at, std::string_view text) {
    memory.replace(at, text.size(), text);
  };
  put(4090, "over a page's border");
  put(70000, "in the second");
  put(0x2fff0, "the very end....");
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at < memory.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, memory.data() + at, sizeof word);
    sum = std::rotl(sum, 7) + word;
  }
  const std::string mark = "SUM";
  wat.replace(wat.find(mark), mark.size(), std::to_string(static_cast<std::int64_t>(sum)));
  return wat;
}

// Gives the act and the address, then bytes of no meaning, then nothing for as long as it is asked.
class ActInput final : public wasi::Input {
 public:
  void set(Act act, std::uint32_t at) {
    bytes_.assign(1, static_cast<char>(act));
    bytes_.append(reinterpret_cast<const char*>(&at), sizeof at);
    bytes_.append(99, '#');
    read_ = 0;
  }
  std::optional<std::size_t> read(std::span<std::byte> out) override {
    const std::size_t count = std::min(out.size(), bytes_.size() - read_);
    if (count == 0) return std::nullopt;
    std::memcpy(out.data(), bytes_.data() + read_, count);
    read_ += count;
    return count;
  }
  std::optional<std::size_t> available() override { return bytes_.size() - read_; }

 private:
  std::string bytes_;
  std::size_t read_ = 0;
};

class SandboxTest : public testing::TestWithParam<Way> {
 protected:
  // How it ended; nullopt where it waited for ever and was dropped.
  std::optional<Outcome> run(Act act, std::uint32_t at) {
    in_.set(act, at);
    const wasi::Invocation invocation{
        block_, block_, in_, world_.out, world_.out, {}, wasi::realSystem()};
    Instance instance(modules_.module(), start_, invocation, 0, modules_.kept("_start"));
    for (;;) {
      const Stop stop = instance.resume();
      if (is<Ended>(stop)) return instance.outcome();
      if (is<wasi::EventWait>(stop)) return std::nullopt;
    }
  }

  Block block_;
  ActInput in_;
  wasi::World world_;
  TestModules modules_{GetParam()};
  EntryPoint start_;
};

INSTANTIATE_TEST_SUITE_P(Ways, SandboxTest, allWays(), nameOfWay);

// Each guest looks at all of its memory, its globals and its size before it does its worst.
TEST_P(SandboxTest, EachHostileRunBeginsInTheFirstState) {
  start_ = modules_.load(hostile()).find("_start");
  ASSERT_EQ(modules_.module().instances() == Instances::kKept,
            GetParam() == Way::kKept || GetParam() == Way::kNew);
  modules_.idle().compareEvery(1);
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int turn = 0; turn < 3'000; ++turn) {
    const auto act = static_cast<Act>(random() % static_cast<unsigned>(Act::kCount));
    // One in sixteen is outside of the memory.
    const auto at =
        static_cast<std::uint32_t>(random() % 0x30000 + (random() % 16 == 0 ? 0xfffd0000 : 0));
    const auto outcome = run(act, at);
    if (!outcome) continue;
    ASSERT_FALSE(outcome->kind == Outcome::Kind::kTrapped &&
                 outcome->trap == Trap::Kind::kArithmetic)
        << "turn " << turn << ": act " << static_cast<int>(act) << " at " << at
        << " came after one that left something";
  }
}

class KeptTest : public SandboxTest {};
INSTANTIATE_TEST_SUITE_P(Kept, KeptTest, testing::Values(Way::kKept), nameOfWay);

// Few pages are known at first, so that first writes come by instructions and by the host.
TEST_P(KeptTest, FirstWritesToAnyPageAreSetBack) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  constexpr Act kActs[] = {Act::kStore,       Act::kCallIndirect, Act::kReadIntoPage, Act::kCopy,
                           Act::kStoreVector, Act::kRandom,       Act::kNothing};
  for (int round = 0; round < 40; ++round) {
    start_ = modules_.load(hostile()).find("_start");
    modules_.idle().compareEvery(1);
    for (int turn = 0; turn < 30; ++turn) {
      const Act act = kActs[random() % std::size(kActs)];
      const auto outcome = run(act, static_cast<std::uint32_t>(random() % 0x30000));
      ASSERT_TRUE(outcome);
      ASSERT_FALSE(outcome->kind == Outcome::Kind::kTrapped &&
                   outcome->trap == Trap::Kind::kArithmetic)
          << "round " << round << ", turn " << turn;
    }
  }
}

TEST_P(KeptTest, OnlyThoseThatEndedByThemselvesAreKept) {
  start_ = modules_.load(hostile()).find("_start");
  const auto kept_after = [&](Act act) {
    // None is left from before.
    modules_.idle().sweep();
    modules_.idle().sweep();
    EXPECT_EQ(modules_.idle().count(), 0u);
    std::ignore = run(act, 0x20000);
    return modules_.idle().count() == 1;
  };
  EXPECT_TRUE(kept_after(Act::kNothing));
  EXPECT_TRUE(kept_after(Act::kFillAndExit));
  EXPECT_TRUE(kept_after(Act::kGrowAndFill));
  EXPECT_FALSE(kept_after(Act::kFillAndTrap));
  EXPECT_FALSE(kept_after(Act::kRecurse));
  EXPECT_FALSE(kept_after(Act::kWait)) << "it was dropped while it waited";
}

TEST_P(KeptTest, TheComparisonFindsADifference) {
  int differences = 0;
  IdleInstances idle([&](const std::string&) { ++differences; });
  idle.compareEvery(1);
  start_ = modules_.load(hostile()).find("_start");
  KeptInstances kept(idle, "hostile");
  in_.set(Act::kFill, 0);
  const wasi::Invocation invocation{
      block_, block_, in_, world_.out, world_.out, {}, wasi::realSystem()};
  {
    Instance instance(modules_.module(), start_, invocation, 0, &kept);
    ASSERT_TRUE(is<Ended>(instance.resume()));
  }
  EXPECT_EQ(differences, 0);
  // A sandbox that isn't set back, as a fault would leave it.
  auto sandbox = kept.take();
  ASSERT_NE(sandbox, nullptr);
  EXPECT_TRUE(sandbox->isFirstState());
  wasi::Context context(invocation, nullptr);
  ASSERT_TRUE(sandbox->prepare(context, 0));
  in_.set(Act::kStore, 0x11111);
  wagi_run_t state{};
  sandbox->expectMemory();
  auto future = sandbox->run(start_, true, state);
  ASSERT_TRUE(wasmtime_call_future_poll(future.get()));
  future.reset();
  EXPECT_FALSE(sandbox->isFirstState());
  EXPECT_TRUE(sandbox->setBack());
  EXPECT_TRUE(sandbox->isFirstState());
}

TEST_P(KeptTest, AMemoryThatIsOverTheLimitOfThisRequestIsRefused) {
  start_ = modules_.load(hostile()).find("_start");
  ASSERT_EQ(run(Act::kNothing, 0)->kind, Outcome::Kind::kExited);
  in_.set(Act::kNothing, 0);
  const wasi::Invocation invocation{
      block_, block_, in_, world_.out, world_.out, {}, wasi::realSystem()};
  Instance small(modules_.module(), start_, invocation, 2 << 16, modules_.kept("_start"));
  ASSERT_TRUE(is<Ended>(small.resume()));
  EXPECT_EQ(small.outcome().kind, Outcome::Kind::kOutOfMemory);
  // The same limit holds for a kept one's growth.
  in_.set(Act::kGrowAndFill, 0);
  Instance large(modules_.module(), start_, invocation, 4 << 16, modules_.kept("_start"));
  ASSERT_TRUE(is<Ended>(large.resume()));
}

TEST_P(KeptTest, WhatWaitsIsBounded) {
  start_ = modules_.load(hostile()).find("_start");
  const wasi::Invocation invocation{
      block_, block_, in_, world_.out, world_.out, {}, wasi::realSystem()};
  std::vector<std::unique_ptr<KeptInstances>> owners;
  for (std::size_t i = 0; i < kIdleInstancesMax + 20; ++i) {
    owners.push_back(std::make_unique<KeptInstances>(modules_.idle(), "one"));
    in_.set(Act::kNothing, 0);
    Instance instance(modules_.module(), start_, invocation, 0, owners.back().get());
    ASSERT_TRUE(is<Ended>(instance.resume()));
  }
  EXPECT_EQ(modules_.idle().count(), kIdleInstancesMax);
  EXPECT_EQ(owners.front()->take(), nullptr) << "the oldest was dropped";
  EXPECT_NE(owners.back()->take(), nullptr);
  modules_.idle().sweep();
  EXPECT_EQ(modules_.idle().count(), kIdleInstancesMax - 1) << "they were used since";
  modules_.idle().sweep();
  EXPECT_EQ(modules_.idle().count(), 0u);
  EXPECT_EQ(modules_.idle().residentBytes(), 0u);
}

// More pages than are copied back, over an image that is mapped rather than copied, and over none.
TEST_P(KeptTest, WhatManyPagesHeldIsGivenBack) {
  for (const std::size_t data_bytes :
       {std::size_t{0}, std::size_t{1'000}, 2 * MemoryImage::kCopiedBytesMax}) {
    start_ = modules_
                 .load(R"((module (memory (export "memory") 100)
        (data (i32.const 12345) ")" +
                       std::string(data_bytes, 'x') + R"(")
        (func (export "_start")
          (if (i32.ne (i32.load8_u (i32.const 12345)) (i32.const )" +
                       std::to_string(data_bytes == 0 ? 0 : 'x') + R"()) (then unreachable))
          (if (i32.load (i32.const 0x500000)) (then unreachable))
          (memory.fill (i32.const 0) (i32.const 7) (i32.const 6553600)))))")
                 .find("_start");
    static_assert(100 * (64 << 10) / kHostPageBytes > MemorySlot::kCopiedPagesMax);
    modules_.idle().compareEvery(1);
    for (int i = 0; i < 5; ++i) {
      const auto outcome = run(Act::kNothing, 0);
      ASSERT_TRUE(outcome);
      ASSERT_EQ(outcome->kind, Outcome::Kind::kExited) << outcome->message;
      ASSERT_EQ(modules_.idle().count(), 1u);
    }
  }
}

// The kernel refuses to make memory writable, as it may for want of it. The slot is used again, for
// a smaller memory, behind which nothing of the larger one may be left.
TEST_P(KeptTest, AMemoryThatCouldNotBeMappedLeavesNothing) {
  if (kAddressSanitizer || kThreadSanitizer) GTEST_SKIP() << "it maps memory all the time";
  start_ = modules_
               .load(R"((module (memory (export "memory") 4)
                   (data (i32.const 70000) "left") (func (export "_start"))))")
               .find("_start");
  {
    // The run gets along with the heap that is there.
    std::vector<std::string> blocks(1'000, std::string(4'000, 'x'));
    const std::string last(4'000, 'x');
    blocks.clear();
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_DATA, &before), 0);
    // With a limit of 0, the kernel looks at rlim_max.
    const rlimit none{.rlim_cur = 1, .rlim_max = before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_DATA, &none), 0);
    const auto outcome = run(Act::kNothing, 0);
    ASSERT_EQ(::setrlimit(RLIMIT_DATA, &before), 0);
    ASSERT_TRUE(outcome);
    ASSERT_EQ(outcome->kind, Outcome::Kind::kNoStart) << outcome->message;
    EXPECT_THAT(outcome->message, testing::HasSubstr("no room for one more memory"));
  }
  start_ = modules_
               .load(R"((module (memory (export "memory") 1) (data (i32.const 8) "x")
                   (func (export "_start") (drop (i32.load (i32.const 70000))))))")
               .find("_start");
  const auto outcome = run(Act::kNothing, 0);
  ASSERT_TRUE(outcome);
  ASSERT_EQ(outcome->kind, Outcome::Kind::kTrapped);
  EXPECT_EQ(outcome->trap, Trap::Kind::kMemory);
}

}  // namespace
}  // namespace wagi::engine
