// Guests answer over an exchange that has no network.
#include "server/worker/guest_run.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>

#include "guest/engine/code.h"
#include "guest/engine/ticker.h"
#include "server/worker/fake_exchange.h"
#include "server/worker/handler.h"

namespace wagi::worker {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Pair;

// A module whose _start is `body`, with the strings of `data` one after another at 100 and an
// iovec at 0 that each $print fills.
std::string program(const std::string& data, const std::string& body) {
  return R"((module
    (import "wasi_snapshot_preview1" "fd_write"
      (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read"
      (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff"
      (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
    (memory (export "memory") 4)
    (data (i32.const 100) ")" +
         data + R"(")
    (func $print (param $at i32) (param $size i32)
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $size))
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
    (func (export "_start") )" +
         body + "))";
}

const std::string kHello = "Content-Type: text/plain\\n\\nhello";  // 31 bytes.
constexpr const char* kPrintHello = "(call $print (i32.const 100) (i32.const 31))";

// The same as a reactor, whose entry point `go` prints the first 31 bytes of `data`.
std::string reactor(const std::string& data, const std::string& initialize) {
  return program(data, ") (func (export \"_initialize\") " + initialize +
                           ") (func (export \"go\")" + kPrintHello);
}

class GuestRunTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "wagi-run-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    route_.pattern = "/...";
    route_.module = "guest.wat";
    route_.entrypoint = "_start";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Serves one request with a guest made from text.
  void serve(const std::string& wat) {
    const auto compiler = engine::Engine::create(engine::Engine::Allocation::kOnDemand, 1).value();
    const auto wasm = engine::textToBinary(wat);
    ASSERT_TRUE(wasm) << wasm.error().message;
    const auto code = engine::compile(compiler, *wasm);
    ASSERT_TRUE(code) << code.error().message;
    route_.code = (folder_ / "code").string();
    std::ofstream(route_.code, std::ios::binary) << *code;

    plan_.routes = {route_};
    plan_.sites[0].targets = {BuiltInPage::kHealth, GuestTarget{0}};
    plan_.modules_count = 1;
    plan_.log_dir = folder_.string();
    counters_ = SharedCounters::create(1, 1).value();
    const UniqueFd spool(::open(folder_.c_str(), O_PATH | O_CLOEXEC));
    WorkerContext worker(*counters_, 0, {100, spool.get()}, 0);
    auto site = Sites::load(plan_, *counters_, Warnings::kLogged);
    ASSERT_TRUE(site) << site.error().message;
    const auto engines = (*site)->engines();
    const UniqueFd wanted(::open("/dev/zero", O_RDONLY | O_CLOEXEC));  // Somebody always waits.
    const auto ticker = engine::Ticker::start(engines, std::chrono::milliseconds(5), wanted.get());
    ASSERT_TRUE(ticker) << ticker.error().message;
    worker.ticker = &*ticker;
    if (out_of_service_) counters_->takeOutOfService(0);
    RequestHandler handler(**site, worker, plan_.unknown_host_status);
    for (int i = 0; computes_ && i < 2; ++i) (*site)->route(GuestTarget{0})->history.computing.add(true);
    std::unique_ptr<http::Task> task = handler.begin(exchange_);
    at_once_ = task == nullptr;
    if (task) {
      boost::asio::io_context loop;
      boost::asio::co_spawn(loop, task->run(), boost::asio::detached);
      loop.run();
      task.reset();
    }
    EXPECT_EQ(worker.instances, 0u);
    EXPECT_EQ(counters_->running(0), 0u);
  }

  std::filesystem::path folder_;
  Route route_;
  Plan plan_;
  std::unique_ptr<SharedCounters> counters_;
  FakeExchange exchange_;
  bool at_once_ = false;
  bool out_of_service_ = false;
  bool computes_ = false;  // Its route is known for that.
};

TEST_F(GuestRunTest, AShortAnswerNeedsNoTask) {
  serve(program(kHello, kPrintHello));
  EXPECT_TRUE(at_once_);
  EXPECT_TRUE(exchange_.ended);
  EXPECT_EQ(exchange_.status, 200);
  EXPECT_EQ(exchange_.answer(), "hello");
  EXPECT_THAT(exchange_.fields, ElementsAre(Pair("Content-Type", "text/plain")));
}

TEST_F(GuestRunTest, AModuleThatIsOutOfServiceIsNotRun) {
  out_of_service_ = true;
  serve(program(kHello, kPrintHello));
  EXPECT_TRUE(at_once_);
  EXPECT_EQ(exchange_.status, 503);
  EXPECT_THAT(exchange_.answer(), HasSubstr("out of service"));
}

TEST_F(GuestRunTest, AnAnswerShortOfItsContentLengthIsLogged) {
  testing::internal::CaptureStdout();  // Of spdlog as it is by default.
  const std::string head = "Content-Type: text/plain\\nContent-Length: 9\\n\\nhello";
  serve(program(head, "(call $print (i32.const 100) (i32.const 49))"));
  const std::string log = testing::internal::GetCapturedStdout();
  EXPECT_TRUE(exchange_.aborted);
  EXPECT_THAT(log, HasSubstr("printed 5 bytes after a Content-Length of 9"));
}

TEST_F(GuestRunTest, ATrapAfterTheHeadersIsA500) {
  serve(program(kHello, std::string(kPrintHello) + "unreachable"));
  EXPECT_TRUE(exchange_.ended);
  EXPECT_EQ(exchange_.status, 500);
  EXPECT_THAT(exchange_.answer(), HasSubstr("0000000000000000")) << "the request's id";
  EXPECT_THAT(exchange_.answer(), testing::Not(HasSubstr("hello")));
}

TEST_F(GuestRunTest, ATrapAfterSomeWasSentCutsTheAnswer) {
  // A sleep of a millisecond: the wait sends what is there.
  serve(program(kHello, std::string(kPrintHello) + R"(
      (i32.store8 (i32.const 208) (i32.const 0))
      (i32.store (i32.const 216) (i32.const 1))
      (i64.store (i32.const 224) (i64.const 1000000))
      (drop (call $poll_oneoff (i32.const 200) (i32.const 300) (i32.const 1) (i32.const 8)))
      unreachable)"));
  EXPECT_TRUE(exchange_.aborted);
  EXPECT_EQ(exchange_.status, 200);
  EXPECT_EQ(exchange_.sent, "hello");
}

TEST_F(GuestRunTest, AnExitCodeIsA500) {
  serve(program(kHello, std::string(kPrintHello) + "(call $proc_exit (i32.const 3))"));
  EXPECT_EQ(exchange_.status, 500);
}

TEST_F(GuestRunTest, ExitCodeZeroIsNoError) {
  serve(program(kHello, std::string(kPrintHello) + "(call $proc_exit (i32.const 0)) unreachable"));
  EXPECT_EQ(exchange_.status, 200);
  EXPECT_EQ(exchange_.answer(), "hello");
}

TEST_F(GuestRunTest, NoHeaderIsA500) {
  serve(program("nonsense", "(call $print (i32.const 100) (i32.const 8))"));
  EXPECT_EQ(exchange_.status, 500);
}

TEST_F(GuestRunTest, AHeaderThatIsNoneStopsItsGuest) {
  serve(
      program("Nothing: known\\n\\n", "(call $print (i32.const 100) (i32.const 16)) (loop br 0)"));
  EXPECT_EQ(exchange_.status, 500);
}

TEST_F(GuestRunTest, AnEndlessLoopIsA504) {
  if (!engine::Ticker::kReachesLoops) GTEST_SKIP();
  route_.limits.cpu_ms_max = 30;
  serve(program(kHello, std::string(kPrintHello) + "(loop br 0)"));
  EXPECT_TRUE(exchange_.aborted || exchange_.status == 504);
  EXPECT_THAT(exchange_.waits, Contains("yield")) << "others had their turn";
  EXPECT_THAT(exchange_.waits, Contains("yield, next")) << "interrupted in the middle of its own";
}

TEST_F(GuestRunTest, OnARouteThatComputesAGuestWaitsForItsTurn) {
  computes_ = true;
  serve(program(kHello, kPrintHello));
  EXPECT_FALSE(at_once_);
  EXPECT_THAT(exchange_.waits, ElementsAre("yield"));
  EXPECT_EQ(exchange_.answer(), "hello");
}

TEST_F(GuestRunTest, AWallClockLimitIsA504) {
  if (!engine::Ticker::kReachesLoops) GTEST_SKIP();
  exchange_.next_wake = http::Wake::kExpired;
  serve(program(kHello, "(loop br 0)"));
  EXPECT_EQ(exchange_.status, 504);
}

TEST_F(GuestRunTest, RefusedMemoryThatEndsTheGuestIsSaid) {
  route_.limits.memory_bytes_max = 8 << 16;
  serve(program(kHello, R"(
      (if (i32.eq (memory.grow (i32.const 100)) (i32.const -1)) (then unreachable)))"));
  EXPECT_EQ(exchange_.status, 500);
  EXPECT_THAT(exchange_.answer(), HasSubstr("memory"));
}

TEST_F(GuestRunTest, RefusedMemoryThatTheGuestSurvivesIsNoError) {
  route_.limits.memory_bytes_max = 8 << 16;
  serve(program(kHello, "(drop (memory.grow (i32.const 100)))" + std::string(kPrintHello)));
  EXPECT_EQ(exchange_.status, 200);
}

TEST_F(GuestRunTest, AMissingEntryPointIsA500) {
  route_.entrypoint = "nothing";
  serve(program(kHello, kPrintHello));
  EXPECT_EQ(exchange_.status, 500);
}

TEST_F(GuestRunTest, AReactorIsInitializedBeforeItAnswers) {
  route_.entrypoint = "go";
  // The data begins with an x that _initialize makes the C of "Content-Type".
  serve(reactor("x" + kHello.substr(1), "(i32.store8 (i32.const 100) (i32.const 67))"));
  EXPECT_TRUE(at_once_);
  EXPECT_EQ(exchange_.status, 200);
  EXPECT_EQ(exchange_.answer(), "hello");
}

TEST_F(GuestRunTest, AnInitializeThatFailsIsA500ThatSaysSo) {
  route_.entrypoint = "go";
  testing::internal::CaptureStdout();  // Of spdlog as it is by default.
  serve(reactor(kHello, std::string(kPrintHello) + "unreachable"));
  EXPECT_EQ(exchange_.status, 500);
  exchange_ = {};
  // However it exits, its entry point isn't called.
  serve(reactor(kHello, std::string(kPrintHello) + "(call $proc_exit (i32.const 0))"));
  EXPECT_EQ(exchange_.status, 500);
  const std::string log = testing::internal::GetCapturedStdout();
  EXPECT_THAT(log, HasSubstr("go of guest.wat: wasn't called: _initialize trapped: unreachable"));
  EXPECT_THAT(log, HasSubstr("go of guest.wat: wasn't called: _initialize exited with 0"));
}

TEST_F(GuestRunTest, AnInitializeThatNeverEndsIsA504ThatSaysSo) {
  if (!engine::Ticker::kReachesLoops) GTEST_SKIP();
  route_.entrypoint = "go";
  route_.limits.cpu_ms_max = 30;
  testing::internal::CaptureStdout();
  serve(reactor(kHello, "(loop br 0)"));
  EXPECT_EQ(exchange_.status, 504);
  EXPECT_THAT(testing::internal::GetCapturedStdout(),
              HasSubstr("used its 30 ms of CPU time (cpu_ms_max), in _initialize"));
}

TEST_F(GuestRunTest, MuchOutputWaitsForTheClient) {
  // 20 times 64 KiB of whatever the memory holds.
  serve(program(kHello, "(local $i i32)" + std::string(kPrintHello) + R"(
      
      (loop $more
        (call $print (i32.const 1000) (i32.const 65536))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $more (i32.lt_u (local.get $i) (i32.const 20)))))"));
  EXPECT_THAT(exchange_.waits, Contains("drained"));
  EXPECT_EQ(exchange_.answer().size(), 5 + 20 * 65536u);
}

// The body comes in two pieces; the guest reads until it has had three reads, then echoes.
const std::string kEcho = R"(
    (local $n i32) (local $end i32)
    (local.set $end (i32.const 1000))
    (loop $more
      (i32.store (i32.const 16) (local.get $end))
      (i32.store (i32.const 20) (i32.const 10000))
      (drop (call $fd_read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 24)))
      (local.set $n (i32.load (i32.const 24)))
      (local.set $end (i32.add (local.get $end) (local.get $n)))
      (br_if $more (local.get $n)))
    (call $print (i32.const 100) (i32.const 26))
    (call $print (i32.const 1000) (i32.sub (local.get $end) (i32.const 1000))))";

TEST_F(GuestRunTest, StdinIsTheBodyAsItComes) {
  exchange_.head_.content_length = 11;
  exchange_.body = {"hello ", "world"};
  serve(program(kHello, kEcho));
  EXPECT_THAT(exchange_.waits, ElementsAre("body", "body"));
  EXPECT_EQ(exchange_.answer(), "hello world");
}

TEST_F(GuestRunTest, AChunkedBodyIsTakenWholeFirst) {
  exchange_.head_.chunked = true;
  exchange_.body = {std::string(90, 'a'), std::string(90, 'b')};  // Past what is kept in memory.
  serve(program(kHello, kEcho));
  EXPECT_FALSE(at_once_);
  EXPECT_EQ(exchange_.answer(), std::string(90, 'a') + std::string(90, 'b'));
}

TEST_F(GuestRunTest, AClientThatLeavesEndsTheGuest) {
  if (!engine::Ticker::kReachesLoops) GTEST_SKIP();
  exchange_.next_wake = http::Wake::kGone;
  serve(program(kHello, "(loop br 0)"));
  EXPECT_FALSE(exchange_.ended);
}

TEST_F(GuestRunTest, ABodyOverTheLimitNeverStartsTheGuest) {
  route_.limits.body_bytes_max = 10;
  exchange_.head_.content_length = 11;
  serve(program(kHello, "unreachable"));
  EXPECT_EQ(exchange_.status, 413);
}

TEST_F(GuestRunTest, TheHealthPathWinsOverEveryRoute) {
  exchange_.head_.path = "/healthz";
  serve(program(kHello, "unreachable"));
  EXPECT_EQ(exchange_.status, 200);
  EXPECT_EQ(exchange_.answer(), "OK");
}

class ExclusiveVolumeTest : public GuestRunTest {
 protected:
  void SetUp() override {
    GuestRunTest::SetUp();
    const config::Volume volume{
        .guest = "/data", .host = folder_.string(), .exclusive = true, .place = {}};
    // Under two names it is one folder still, and mustn't wait for itself.
    route_.volumes = {volume, volume};
    opened_.reset(::open(folder_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  std::optional<VolumeLock> lock() {
    const std::array<int, 1> folders{opened_.get()};
    return VolumeLock::acquire(folders).value();
  }

  UniqueFd opened_;
};

TEST_F(ExclusiveVolumeTest, ThatIsFreeNeedsNoTask) {
  serve(program(kHello, kPrintHello));
  EXPECT_TRUE(at_once_);
  EXPECT_EQ(exchange_.answer(), "hello");
  EXPECT_TRUE(lock()) << "the guest has ended";
}

TEST_F(ExclusiveVolumeTest, ThatIsTakenIsWaitedForUntilTheDeadline) {
  const auto other = lock();
  ASSERT_TRUE(other);
  exchange_.next_wake = http::Wake::kExpired;
  serve(program(kHello, kPrintHello));
  EXPECT_EQ(exchange_.status, 504);
  EXPECT_THAT(exchange_.waits, ElementsAre("until"));
}

TEST_F(ExclusiveVolumeTest, IsNotTakenBeforeTheBodyIsThere) {
  exchange_.head_.content_length = 10;
  exchange_.body = {"12345", "67890"};
  const auto other = lock();
  ASSERT_TRUE(other);
  exchange_.next_wake = http::Wake::kGone;
  serve(program(kHello, kPrintHello));
  EXPECT_THAT(exchange_.waits, ElementsAre("body")) << "it has asked for no lock";
}

TEST_F(ExclusiveVolumeTest, ComesWithTheWholeBody) {
  exchange_.head_.content_length = 10;
  exchange_.body = {"12345", "67890"};
  serve(program(kHello, kPrintHello));
  EXPECT_FALSE(at_once_);
  EXPECT_THAT(exchange_.waits, ElementsAre("body", "body"));
  EXPECT_EQ(exchange_.answer(), "hello");
}

}  // namespace
}  // namespace wagi::worker
