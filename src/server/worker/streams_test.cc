#include "server/worker/streams.h"

#include <gtest/gtest.h>

#include <string>

#include "server/worker/fake_exchange.h"

namespace wagi::worker {
namespace {

using Status = wasi::Output::Status;

class GuestStdoutTest : public testing::Test {
 protected:
  wasi::Output::Written write(const std::string& text) {
    return out_.write(std::as_bytes(std::span(text)));
  }

  FakeExchange exchange_;
  gateway::AnswerParser parser_;
  GuestStdout out_{exchange_, parser_};
};

TEST_F(GuestStdoutTest, SaysWhenTheClientMustCatchUp) {
  const auto head = write("Content-Type: text/plain\n\n");
  EXPECT_EQ(head.status, Status::kOk);
  const std::string half(GuestStdout::kPendingBytesMax / 2, 'x');
  EXPECT_EQ(write(half).status, Status::kOk);
  EXPECT_EQ(write(half).status, Status::kOk) << "as many as may wait";
  const auto over = write("y");
  EXPECT_EQ(over.status, Status::kFilled);
  EXPECT_EQ(over.count, 1u);
  EXPECT_EQ(exchange_.pendingBytes(), GuestStdout::kPendingBytesMax + 1);
}

TEST_F(GuestStdoutTest, TakesAPartOfALongWrite) {
  const std::string head = "Content-Type: text/plain\n\n";
  const auto written = write(head + std::string(GuestStdout::kWriteBytesMax, 'x'));
  EXPECT_EQ(written.count, GuestStdout::kWriteBytesMax);
  EXPECT_EQ(exchange_.pendingBytes(), GuestStdout::kWriteBytesMax - head.size());
}

TEST_F(GuestStdoutTest, TakesNothingOverItsHardLimit) {
  std::ignore = write("Content-Type: text/plain\n\n");
  const std::string piece(GuestStdout::kWriteBytesMax, 'x');
  while (exchange_.pendingBytes() <= GuestStdout::kPendingBytesHardMax) {
    ASSERT_NE(write(piece).status, Status::kAgain);
  }
  const auto pending = exchange_.pendingBytes();
  const auto over = write("y");
  EXPECT_EQ(over.status, Status::kAgain);
  EXPECT_EQ(over.count, 0u);
  EXPECT_EQ(exchange_.pendingBytes(), pending);
}

TEST_F(GuestStdoutTest, SaysThatAHeaderCanNotBeAnswered) {
  const auto first = write("Nothing: known\n\n");
  EXPECT_EQ(first.status, Status::kFailed);
  EXPECT_EQ(first.count, 16u);
  const auto second = write("more");
  EXPECT_EQ(second.status, Status::kClosed);
  EXPECT_EQ(second.count, 0u);
  EXPECT_FALSE(exchange_.started());
}

}  // namespace
}  // namespace wagi::worker
