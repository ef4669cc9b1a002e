// Answers that stream, are taken back or break off, over real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "net/http/exchange.h"
#include "net/http/test_server.h"

namespace wagi::http {
namespace {

using boost::asio::awaitable;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(Answer, StreamsInChunksAsItIsWritten) {
  TestServer server;
  bool go_on = false;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    startText(exchange);
    exchange.write(bytesOf("one\n"));
    co_await exchange.waitDrained();
    EXPECT_EQ(exchange.pendingBytes(), 0U);
    while (!go_on) co_await exchange.waiter().yield(loop::RunQueue::Place::kBack);
    exchange.write(bytesOf("t"));
    exchange.write(bytesOf("wo\n"));
    exchange.end();
  };
  Client client = server.connect();
  client.send(kGet);
  EXPECT_THAT(client.readUntil("\r\n\r\n"), HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_EQ(client.readUntil("one\n\r\n"), "00000004\r\none\n\r\n");
  go_on = true;
  EXPECT_EQ(client.readUntil("\r\n0\r\n\r\n"), "00000004\r\ntwo\n\r\n0\r\n\r\n");
  server.handler.task = nullptr;
  client.send(kGet);
  EXPECT_THAT(client.readAnswer(), EndsWith("hello\n"));
}

TEST(Answer, StreamsWithItsLengthWhenThatIsKnown) {
  TestServer server;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    startText(exchange, 6);
    exchange.write(bytesOf("abc"));
    co_await exchange.waitDrained();
    exchange.write(bytesOf("defGHI"));
    EXPECT_EQ(exchange.bytesWritten(), 6U);
    exchange.end();
  };
  Client client = server.connect();
  client.send(kGet + kGet);
  EXPECT_THAT(client.readAnswer(), EndsWith("Content-Length: 6\r\n\r\nabcdef"));
  EXPECT_THAT(client.readAnswer(), EndsWith("Content-Length: 6\r\n\r\nabcdef"));
}

TEST(Answer, StreamsToHttp10UntilTheConnectionCloses) {
  TestServer server;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    startText(exchange);
    exchange.write(bytesOf("abc"));
    co_await exchange.waitDrained();
    exchange.write(bytesOf("def"));
    exchange.end();
  };
  Client client = server.connect();
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string got = client.readAll();
  EXPECT_THAT(got, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(got, EndsWith("\r\n\r\nabcdef"));
  EXPECT_FALSE(client.wasReset());
}

TEST(Answer, CanBeTakenBackUntilSomeOfItWasSent) {
  TestServer server;
  bool waited = false;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    startText(exchange);
    exchange.write(bytesOf("wrong"));
    if (waited) {
      co_await exchange.waitDrained();
      EXPECT_FALSE(exchange.retract());
      exchange.end();
      co_return;
    }
    EXPECT_TRUE(exchange.retract());
    EXPECT_FALSE(exchange.started());
    answer(exchange, "right", 500);
  };
  Client client = server.connect();
  client.send(kGet);
  const std::string got = client.readAnswer();
  EXPECT_THAT(got, StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
  EXPECT_THAT(got, EndsWith("\r\n\r\nright"));
  waited = true;
  client.send(kGet);
  EXPECT_THAT(client.readUntil("0\r\n\r\n"), HasSubstr("wrong"));
}

TEST(Answer, ThatIsAbortedEndsWithoutItsLastChunk) {
  TestServer server;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    startText(exchange);
    exchange.write(bytesOf("abc"));
    co_await exchange.waitDrained();
    exchange.abort();
  };
  Client client = server.connect();
  client.send(kGet);
  EXPECT_THAT(client.readAll(), EndsWith("\r\n\r\n00000003\r\nabc\r\n"));
}

TEST(Answer, ThatIsAbortedBeforeAWaitIsVisiblyIncomplete) {
  TestServer server;
  server.handler.at_once = [&](Exchange& exchange) {
    startText(exchange);
    exchange.write(bytesOf("abc"));
    exchange.abort();
  };
  Client client = server.connect();
  client.send(kGet);
  const std::string got = client.readAll();
  EXPECT_THAT(got, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(got, EndsWith("abc\r\n"));
}

TEST(Answer, ThatIsAbortedToHttp10ResetsTheConnection) {
  TestServer server;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    startText(exchange);
    exchange.write(bytesOf("abc"));
    co_await exchange.waitDrained();
    exchange.abort();
  };
  Client client = server.connect();
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(client.closed());
  EXPECT_TRUE(client.wasReset());
}

TEST(Answer, ShorterThanItsLengthClosesTheConnection) {
  TestServer server;
  server.handler.at_once = [&](Exchange& exchange) {
    startText(exchange, 10);
    exchange.write(bytesOf("abc"));
    exchange.end();
  };
  Client client = server.connect();
  client.send(kGet + kGet);
  const std::string got = client.readAll();
  EXPECT_THAT(got, HasSubstr("Content-Length: 10\r\n"));
  EXPECT_THAT(got, EndsWith("\r\n\r\nabc"));
  EXPECT_EQ(server.handler.begun, 1);
}

TEST(Answer, ThatIsMissingIsA500) {
  TestServer server;
  server.handler.at_once = [&](Exchange&) {};
  Client client = server.connect();
  client.send(kGet);
  EXPECT_THAT(client.readAll(), StartsWith("HTTP/1.1 500 "));
}

TEST(Answer, DropsFieldsThatWouldBreakItsHead) {
  TestServer server;
  server.handler.at_once = [&](Exchange& exchange) {
    const Field fields[] = {{"X-Good", "1"}, {"X-Bad", "1\r\nX-Injected: 1"}, {"X\n", "1"}};
    exchange.start({200, "Fine\r\nX-Injected: 1", fields});
    exchange.end();
  };
  Client client = server.connect();
  client.send(kGet);
  const std::string got = client.readAnswer();
  EXPECT_THAT(got, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(got, HasSubstr("X-Good: 1\r\n"));
  EXPECT_THAT(got, Not(HasSubstr("X-Injected")));
}

TEST(Answer, IsHeldBackWhileTheClientDoesNotRead) {
  TestServer server;
  std::size_t most = 0, written = 0;
  bool ended = false;
  constexpr std::size_t kTotal = 16 << 20, kBlock = 64 << 10;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    startText(exchange, kTotal);
    const std::string block(kBlock, 'x');
    while (written < kTotal) {
      exchange.write(bytesOf(block));
      written += kBlock;
      most = std::max(most, exchange.pendingBytes());
      const Wake wake = co_await exchange.waitDrained();
      EXPECT_EQ(wake, Wake::kReady);
    }
    exchange.end();
    ended = true;
  };
  Client client = server.connect(4096);
  client.send(kGet);
  std::size_t before = 0;
  int idle_turns = 0;
  EXPECT_TRUE(server.runUntil([&] {
    idle_turns = written > before ? 0 : idle_turns + 1;
    before = written;
    return written > 0 && idle_turns > 20;
  }));
  EXPECT_LT(written, kTotal);
  EXPECT_EQ(client.readAnswer().size() > kTotal, true);
  EXPECT_TRUE(server.runUntil([&] { return ended; }));
  EXPECT_LT(most, 2 * kBlock);
}

}  // namespace
}  // namespace wagi::http
