#include "server/worker/guest_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "server/worker/guest_run_testing.h"

namespace wagi::worker {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

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

TEST_F(GuestRunTest, AReactorIsInitializedBeforeItAnswers) {
  route_.entrypoint = "go";
  // The data begins with an x that _initialize makes the C of "Content-Type".
  serve(reactor("x" + kHello.substr(1), "(i32.store8 (i32.const 100) (i32.const 67))"));
  EXPECT_TRUE(at_once_);
  EXPECT_EQ(exchange_.status, 200);
  EXPECT_EQ(exchange_.answer(), "hello");
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
