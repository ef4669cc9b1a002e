// Each reason for which a guest stops running, said by resume().
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "guest/engine/code.h"
#include "guest/engine/instance.h"
#include "guest/wasi/testing.h"

namespace wagi::engine {
namespace {

using std::chrono::seconds;
using wasi::Output;

// An answer that never comes.
class SilentClient final : public wasi::HttpClient {
 public:
  Result<Handle> begin(const Request&) override { return 1; }
  Attempt<std::uint16_t> status(Handle, std::span<const std::byte>) override {
    return std::nullopt;
  }
  Result<std::string> header(Handle, std::string_view) override { return {}; }
  Result<std::string> headers(Handle) override { return {}; }
  Attempt<std::size_t> read(Handle, std::span<std::byte>) override { return std::nullopt; }
  wasi::HttpError close(Handle) override { return wasi::HttpError::kOk; }
};

class StopTest : public testing::Test {
 protected:
  // Makes an instance whose _start is `body`. Subscriptions to stdin, to a second from now and to
  // stdout are at 100, 148 and 196; an iovec of four bytes is at 80.
  void start(const std::string& body, Instance::Yield yield = Instance::Yield::kWhenInterrupted) {
    const auto wasm = textToBinary(R"((module
        (import "wasi_snapshot_preview1" "fd_read"
          (func $fd_read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write"
          (func $fd_write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "poll_oneoff"
          (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "random_get"
          (func $random_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
        (import "wasi_experimental_http" "body_read"
          (func $body_read (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 4)
        (data (i32.const 80) "\00\04\00\00\04\00\00\00")
        (data (i32.const 108) "\01")
        (data (i32.const 156) "\00\00\00\00\00\00\00\00\01")
        (data (i32.const 172) "\00\ca\9a\3b")
        (data (i32.const 204) "\02\00\00\00\00\00\00\00\01")
        (func $read (drop (call $fd_read (i32.const 0) (i32.const 80) (i32.const 1) (i32.const 0))))
        (func $print
          (drop (call $fd_write (i32.const 1) (i32.const 80) (i32.const 1) (i32.const 0))))
        (func $poll (param $at i32) (param $count i32)
          (drop (call $poll_oneoff (local.get $at) (i32.const 2000) (local.get $count)
            (i32.const 0))))
        (func (export "_start") )" +
                                   body + "))");
    ASSERT_TRUE(wasm) << wasm.error().message;
    folder_.write("code", *compile(engine_, *wasm, Transform::kNo));
    module_.emplace(Module::load(engine_, folder_.path() / "code").value());
    ASSERT_TRUE(module_->bind(host_));
    entrypoint_ = module_->find("_start");
    instance_.emplace(*module_, entrypoint_, world_.invocation(), 0, nullptr, yield);
  }
  Stop resume() { return instance_->resume(); }
  // Resumes the guest and gives the event that it waits for. REQUIRES: it waits for an event.
  wasi::EventWait waits() { return std::get<wasi::EventWait>(resume()); }

  wasi::World world_;
  const wasi::TemporaryFolder folder_;
  const Engine engine_ = Engine::create(Engine::Allocation::kOnDemand, 1).value();
  const Host host_ = Host::create(engine_).value();
  std::optional<Module> module_;
  EntryPoint entrypoint_;
  std::optional<Instance> instance_;
};

TEST_F(StopTest, TheEnd) {
  start("");
  EXPECT_TRUE(is<Ended>(resume()));
  EXPECT_EQ(instance_->outcome().kind, Outcome::Kind::kExited);
}

TEST_F(StopTest, AnInterruption) {
  start("(loop br 0)", Instance::Yield::kAtEachCheck);
  EXPECT_TRUE(is<Interrupted>(resume()));
  EXPECT_TRUE(is<Interrupted>(resume()));
}

TEST_F(StopTest, AWaitForInput) {
  start("(call $read)");
  for (int i = 0; i < 2; ++i) {
    const wasi::EventWait wait = waits();
    EXPECT_TRUE(wait.in);
    EXPECT_FALSE(wait.out || wait.err || wait.until) << "resumed too early, it waits on";
  }
  world_.in.add("text");
  EXPECT_TRUE(is<Ended>(resume()));
}

TEST_F(StopTest, AWaitForInputOrUntilATime) {
  start("(call $poll (i32.const 100) (i32.const 2))");
  const wasi::EventWait wait = waits();
  EXPECT_TRUE(wait.in);
  EXPECT_EQ(wait.until, world_.system.monotonicClock() + seconds(1));
  world_.system.pass(seconds(1));
  EXPECT_TRUE(is<Ended>(resume()));
}

TEST_F(StopTest, AWaitUntilATime) {
  start("(call $poll (i32.const 148) (i32.const 1))");
  const wasi::EventWait wait = waits();
  EXPECT_FALSE(wait.in || wait.out || wait.err);
  EXPECT_EQ(wait.until, world_.system.monotonicClock() + seconds(1));
}

TEST_F(StopTest, AWaitForRoomThatTheGuestAskedFor) {
  world_.out.writable_calls = 0;
  start("(call $poll (i32.const 196) (i32.const 1))");
  const wasi::EventWait wait = waits();
  EXPECT_TRUE(wait.out);
  EXPECT_FALSE(wait.in || wait.err || wait.until);
}

TEST_F(StopTest, AWaitForRoomThatTheOutputAskedFor) {
  world_.out.taken = Output::Status::kFilled;
  // The loop that calls is the function that was entered before.
  start(R"((loop $more
      (drop (call $fd_write (i32.const 1) (i32.const 80) (i32.const 1) (i32.const 0)))
      (br $more)))");
  for (std::size_t prints = 1; prints <= 3; ++prints) {
    const wasi::EventWait wait = waits();
    EXPECT_TRUE(wait.out);
    EXPECT_FALSE(wait.in || wait.err || wait.until);
    EXPECT_EQ(world_.out.text.size(), 4 * prints) << "at the next check";
  }
}

TEST_F(StopTest, AWaitForRoomComesBeforeThatOfACall) {
  world_.out.taken = Output::Status::kFilled;
  start(
      "(call $print) (drop (call $fd_read (i32.const 0) (i32.const 80) (i32.const 1) (i32.const "
      "0)))");
  wasi::EventWait wait = waits();
  EXPECT_TRUE(wait.out);
  EXPECT_FALSE(wait.in);
  wait = waits();
  EXPECT_TRUE(wait.in);
  EXPECT_FALSE(wait.out);
}

TEST_F(StopTest, AGuestThatEndsWaitsForNoRoom) {
  world_.out.taken = Output::Status::kFilled;
  start("(call $print)");
  EXPECT_TRUE(is<Ended>(resume()));
}

TEST_F(StopTest, AnOutputThatFailed) {
  world_.out.taken = Output::Status::kFailed;
  start("(call $print) (loop br 0)");
  EXPECT_TRUE(is<wasi::OutputFailed>(resume()));
}

TEST_F(StopTest, AnOutputThatFailedBeforeAnotherWasFilled) {
  world_.out.taken = Output::Status::kFailed;
  world_.err.taken = Output::Status::kFilled;
  start(R"((call $print)
      (drop (call $fd_write (i32.const 2) (i32.const 80) (i32.const 1) (i32.const 0)))
      (loop br 0))");
  EXPECT_TRUE(is<wasi::OutputFailed>(resume()));
  EXPECT_FALSE(world_.err.text.empty());
}

TEST_F(StopTest, AWaitForAnAnswer) {
  SilentClient client;
  world_.http = &client;
  start(R"((drop
      (call $body_read (i32.const 1) (i32.const 2000) (i32.const 10) (i32.const 0))))");
  EXPECT_TRUE(is<wasi::AnswerWait>(resume()));
  instance_.reset();
}

TEST_F(StopTest, AYield) {
  start("(drop (call $sched_yield))");
  EXPECT_TRUE(is<wasi::Yielded>(resume()));
  EXPECT_TRUE(is<Ended>(resume()));
}

TEST_F(StopTest, APieceOfALongCall) {
  start("(drop (call $random_get (i32.const 4096) (i32.const 65536)))");
  EXPECT_TRUE(is<wasi::BetweenPieces>(resume()));
  EXPECT_TRUE(is<Ended>(resume()));
}

}  // namespace
}  // namespace wagi::engine
