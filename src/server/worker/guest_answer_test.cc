// How answers end.
#include "server/worker/guest_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/worker/guest_run_testing.h"

namespace wagi::worker {
namespace {

using testing::HasSubstr;

class GuestAnswerTest : public GuestRunTest {};

TEST_F(GuestAnswerTest, AnAnswerShortOfItsContentLengthIsLogged) {
  testing::internal::CaptureStdout();  // Where spdlog's default logger writes.
  const std::string head = "Content-Type: text/plain\\nContent-Length: 9\\n\\nhello";
  serve(program(head, "(call $print (i32.const 100) (i32.const 49))"));
  const std::string log = testing::internal::GetCapturedStdout();
  EXPECT_TRUE(exchange_.aborted);
  EXPECT_THAT(log, HasSubstr("printed 5 bytes after a Content-Length of 9"));
}

TEST_F(GuestAnswerTest, ATrapAfterTheHeadersIsA500) {
  serve(program(kHello, std::string(kPrintHello) + "unreachable"));
  EXPECT_TRUE(exchange_.ended);
  EXPECT_EQ(exchange_.status, 500);
  EXPECT_THAT(exchange_.answer(), HasSubstr("0000000000000000")) << "the request's id";
  EXPECT_THAT(exchange_.answer(), testing::Not(HasSubstr("hello")));
}

TEST_F(GuestAnswerTest, ATrapAfterSomeWasSentCutsTheAnswer) {
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

TEST_F(GuestAnswerTest, AnExitCodeIsA500) {
  serve(program(kHello, std::string(kPrintHello) + "(call $proc_exit (i32.const 3))"));
  EXPECT_EQ(exchange_.status, 500);
}

TEST_F(GuestAnswerTest, ExitCodeZeroIsNoError) {
  serve(program(kHello, std::string(kPrintHello) + "(call $proc_exit (i32.const 0)) unreachable"));
  EXPECT_EQ(exchange_.status, 200);
  EXPECT_EQ(exchange_.answer(), "hello");
}

TEST_F(GuestAnswerTest, NoHeaderIsA500) {
  serve(program("nonsense", "(call $print (i32.const 100) (i32.const 8))"));
  EXPECT_EQ(exchange_.status, 500);
}

TEST_F(GuestAnswerTest, AWallClockLimitIsA504) {
  if (!engine::Ticker::kReachesLoops) GTEST_SKIP();
  exchange_.next_wake = http::Wake::kExpired;
  serve(program(kHello, "(loop br 0)"));
  EXPECT_EQ(exchange_.status, 504);
}

TEST_F(GuestAnswerTest, AHeaderThatIsNoneStopsItsGuest) {
  serve(
      program("Nothing: known\\n\\n", "(call $print (i32.const 100) (i32.const 16)) (loop br 0)"));
  EXPECT_EQ(exchange_.status, 500);
}

TEST_F(GuestAnswerTest, RefusedMemoryThatEndsTheGuestIsSaid) {
  route_.limits.memory_bytes_max = 8 << 16;
  serve(program(kHello, R"(
      (if (i32.eq (memory.grow (i32.const 100)) (i32.const -1)) (then unreachable)))"));
  EXPECT_EQ(exchange_.status, 500);
  EXPECT_THAT(exchange_.answer(), HasSubstr("memory"));
}

TEST_F(GuestAnswerTest, RefusedMemoryThatTheGuestSurvivesIsNoError) {
  route_.limits.memory_bytes_max = 8 << 16;
  serve(program(kHello, "(drop (memory.grow (i32.const 100)))" + std::string(kPrintHello)));
  EXPECT_EQ(exchange_.status, 200);
}

TEST_F(GuestAnswerTest, AMissingEntryPointIsA500) {
  route_.entrypoint = "nothing";
  serve(program(kHello, kPrintHello));
  EXPECT_EQ(exchange_.status, 500);
}

TEST_F(GuestAnswerTest, AnInitializeThatFailsIsA500ThatSaysSo) {
  route_.entrypoint = "go";
  testing::internal::CaptureStdout();  // Where spdlog's default logger writes.
  serve(reactor(kHello, std::string(kPrintHello) + "unreachable"));
  EXPECT_EQ(exchange_.status, 500);
  EXPECT_TRUE(exchange_.retract());
  exchange_.status = 0;
  // However it exits, its entry point isn't called.
  serve(reactor(kHello, std::string(kPrintHello) + "(call $proc_exit (i32.const 0))"));
  EXPECT_EQ(exchange_.status, 500);
  const std::string log = testing::internal::GetCapturedStdout();
  EXPECT_THAT(log, HasSubstr("go of guest.wat: wasn't called: _initialize trapped: unreachable"));
  EXPECT_THAT(log, HasSubstr("go of guest.wat: wasn't called: _initialize exited with 0"));
}

TEST_F(GuestAnswerTest, AnInitializeThatNeverEndsIsA504ThatSaysSo) {
  if (!engine::Ticker::kReachesLoops) GTEST_SKIP();
  route_.entrypoint = "go";
  route_.limits.cpu_ms_max = 30;
  testing::internal::CaptureStdout();
  serve(reactor(kHello, "(loop br 0)"));
  EXPECT_EQ(exchange_.status, 504);
  EXPECT_THAT(testing::internal::GetCapturedStdout(),
              HasSubstr("used its 30 ms of CPU time (cpu_ms_max), in _initialize"));
}

TEST_F(GuestAnswerTest, AClientThatLeavesEndsTheGuest) {
  if (!engine::Ticker::kReachesLoops) GTEST_SKIP();
  exchange_.next_wake = http::Wake::kGone;
  serve(program(kHello, "(loop br 0)"));
  EXPECT_FALSE(exchange_.ended);
}

}  // namespace
}  // namespace wagi::worker
