// A request's body, over real sockets.
#include <fmt/format.h>
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
using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kPost = "POST / HTTP/1.1\r\nHost: a\r\n";

// The whole body, or how waiting for it ended.
awaitable<Wake> readAll(Exchange& exchange, std::string& body) {
  while (true) {
    const Wake wake = co_await exchange.waitBody();
    if (wake != Wake::kReady) co_return wake;
    char block[1000];
    const std::size_t count = exchange.readBody(std::as_writable_bytes(std::span(block)));
    body.append(block, count);
    if (count == 0 && exchange.bodyComplete()) co_return Wake::kReady;
  }
}

// Answers with the body's size.
awaitable<void> count(Exchange& exchange) {
  std::string body;
  const Wake wake = co_await readAll(exchange, body);
  if (wake == Wake::kReady) answer(exchange, std::to_string(body.size()));
}

TEST(Body, ComesWithItsLength) {
  TestServer server;
  server.handler.task = count;
  Client client = server.connect();
  for (const std::size_t size : {0UL, 1UL, 4000UL, 5000UL, 70'000UL, 3'000'000UL}) {
    client.send(kPost + "Content-Length: " + std::to_string(size) + "\r\n\r\n");
    client.send(std::string(size, 'x'));
    EXPECT_THAT(client.readAnswer(), EndsWith("\r\n\r\n" + std::to_string(size)));
  }
}

TEST(Body, ComesInChunks) {
  TestServer server;
  server.handler.task = count;
  Client client = server.connect();
  for (const std::size_t chunks : {0UL, 1UL, 10UL, 2000UL}) {
    client.send(kPost + "Transfer-Encoding: chunked\r\n\r\n");
    for (std::size_t i = 0; i < chunks; ++i) {
      client.send("3E8;name=value\r\n" + std::string(1000, 'x') + "\r\n");
    }
    client.send("0\r\nX-Trailer: 1\r\n\r\n");
    EXPECT_THAT(client.readAnswer(), EndsWith("\r\n\r\n" + std::to_string(chunks * 1000)));
  }
}

TEST(Body, IsThereAtOnceWhenItCameWithTheHead) {
  TestServer server;
  server.handler.at_once = [](Exchange& exchange) {
    EXPECT_TRUE(exchange.bodyComplete());
    EXPECT_EQ(exchange.bodyAvailable(), 5U);
    char body[16];
    const std::size_t size = exchange.readBody(std::as_writable_bytes(std::span(body)));
    answer(exchange, {body, size});
  };
  Client client = server.connect();
  client.send(kPost + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n" + kPost +
              "Content-Length: 5\r\n\r\nfghij");
  EXPECT_THAT(client.readAnswer(), EndsWith("\r\n\r\nabcde"));
  EXPECT_THAT(client.readAnswer(), EndsWith("\r\n\r\nfghij"));
}

TEST(Body, IsReadOnlyAsFarAheadAsAllowed) {
  Limits limits;
  limits.read_buffer_bytes_max = 16 << 10;
  TestServer server(limits);
  bool read = false;
  std::size_t most = 0;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    while (!read) {
      const Wake wake = co_await exchange.waiter().waitUntil(server.clock.now() + milliseconds(1));
      EXPECT_EQ(wake, Wake::kReady);
      most = std::max(most, exchange.bodyAvailable());
    }
    co_await count(exchange);
  };
  Client client = server.connect();
  const std::size_t size = 8 << 20;
  client.send(kPost + "Content-Length: " + std::to_string(size) + "\r\n\r\n");
  // As much as the kernel takes while the handler doesn't read.
  const std::string block(64 << 10, 'x');
  std::size_t sent = 0;
  int idle_turns = 0;
  EXPECT_TRUE(server.runUntil([&] {
    server.pass(milliseconds(1));
    const auto taken = ::send(client.fd(), block.data(), block.size(), MSG_DONTWAIT);
    if (taken > 0) sent += static_cast<std::size_t>(taken);
    idle_turns = taken > 0 ? 0 : idle_turns + 1;
    return idle_turns > 20;
  }));
  EXPECT_LT(sent, size);
  EXPECT_GT(most, 0U);
  EXPECT_LE(most, limits.head_bytes_max);
  read = true;
  server.pass(milliseconds(1));
  client.send(std::string(size - sent, 'x'));
  EXPECT_THAT(client.readAnswer(), EndsWith("\r\n\r\n" + std::to_string(size)));
}

TEST(Body, ThatIsLeftUnreadIsDiscardedToKeepTheConnection) {
  TestServer server;
  Client client = server.connect();
  client.send(kPost + "Content-Length: 200000\r\n\r\n");
  EXPECT_THAT(client.readAnswer(), Not(HasSubstr("Connection")));
  client.send(std::string(200'000, 'x') + kGet);
  EXPECT_THAT(client.readAnswer(), EndsWith("hello\n"));
  client.send(kPost + "Transfer-Encoding: chunked\r\n\r\n3e8\r\n");
  EXPECT_THAT(client.readAnswer(), EndsWith("hello\n"));
  client.send(std::string(1000, 'x') + "\r\n0\r\n\r\n" + kGet);
  EXPECT_THAT(client.readAnswer(), EndsWith("hello\n"));
}

TEST(Body, ThatIsTooLargeToDiscardClosesTheConnectionAfterTheAnswer) {
  TestServer server;
  server.handler.at_once = [](Exchange& exchange) { answer(exchange, "no\n", 413); };
  Client client = server.connect();
  const std::string request = kPost + "Content-Length: 5000000\r\n\r\n";
  client.send(request + std::string(2'000'000, 'x'));
  const std::string got = client.readAnswer();
  EXPECT_THAT(got, StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(got, HasSubstr("Connection: close\r\n"));
  client.finish();
  EXPECT_TRUE(client.closed());
  EXPECT_FALSE(client.wasReset());
  EXPECT_EQ(server.handler.begun, 1);
}

TEST(Body, InEndlessChunksIsNotDiscardedForever) {
  TestServer server;
  Client client = server.connect();
  client.send(kPost + "Transfer-Encoding: chunked\r\n\r\n");
  EXPECT_THAT(client.readAnswer(), EndsWith("hello\n"));
  const std::string chunk = "3e8\r\n" + std::string(1000, 'x') + "\r\n";
  for (int i = 0; i < 300; ++i) client.send(chunk);
  client.finish();
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(server.handler.begun, 1);
}

TEST(Body, MayBeSentWholeBeforeTheAnswerIsRead) {
  TestServer server;
  const std::string large(6'000'000, 'y');
  server.handler.at_once = [&](Exchange& exchange) { answer(exchange, large); };
  Client client = server.connect(4096);
  client.send(kPost + "Transfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "186a0\r\n" + std::string(100'000, 'x') + "\r\n";
  for (int i = 0; i < 60; ++i) client.send(chunk);
  client.send("0\r\n\r\n");
  EXPECT_TRUE(client.readAnswer().ends_with(large));
}

TEST(Body, WithMalformedChunksIsRefused) {
  for (const std::string chunks :
       {"x\r\n", "-1\r\n", "2\r\nabc\r\n", "10000000000000000\r\n", "1;\x01\r\na\r\n"}) {
    TestServer server;
    std::optional<Wake> outcome;
    server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
      std::string body;
      outcome = co_await readAll(exchange, body);
    };
    Client client = server.connect();
    client.send(fmt::format("{}Transfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n", kPost, chunks));
    EXPECT_THAT(client.readUntil("\r\n\r\n"), StartsWith("HTTP/1.1 400 ")) << chunks;
    EXPECT_EQ(outcome, Wake::kGone) << chunks;
    client.finish();
    EXPECT_TRUE(client.closed()) << chunks;
  }
}

TEST(Body, WithAnEndlessChunkLineIsRefused) {
  TestServer server;
  server.handler.task = count;
  Client client = server.connect();
  client.send(kPost + "Transfer-Encoding: chunked\r\n\r\n5;" + std::string(100'000, 'x'));
  EXPECT_THAT(client.readUntil("\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
}

TEST(Expect, IsAnsweredWhenTheHandlerWaitsForTheBody) {
  TestServer server;
  server.handler.task = count;
  Client client = server.connect();
  for (int i = 0; i < 2; ++i) {
    client.send(kPost + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.readUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("abcde");
    EXPECT_THAT(client.readAnswer(), EndsWith("\r\n\r\n5"));
  }
}

TEST(Expect, IsNotAnsweredWhenTheBodyIsThere) {
  TestServer server;
  server.handler.task = count;
  Client client = server.connect();
  client.send(kPost + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\nabcde");
  EXPECT_THAT(client.readAnswer(), StartsWith("HTTP/1.1 200"));
}

TEST(Expect, ClosesTheConnectionWhenTheBodyIsNotWanted) {
  TestServer server;
  Client client = server.connect();
  client.send(kPost + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  const std::string got = client.readAnswer();
  EXPECT_THAT(got, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(got, HasSubstr("Connection: close\r\n"));
  client.finish();
  EXPECT_TRUE(client.closed());
}

TEST(Expect, IsIgnoredFromHttp10) {
  TestServer server;
  server.handler.task = count;
  Client client = server.connect();
  client.send("POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  client.send("abcde");
  EXPECT_THAT(client.readAll(), StartsWith("HTTP/1.1 200"));
}

}  // namespace
}  // namespace wagi::http
