// The waits of an Exchange, its body and its answer, over real sockets.
#include "http/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "http/test_server.h"

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
constexpr Clock::time_point kNever = Clock::time_point::max();

void startText(Exchange& exchange, std::optional<std::uint64_t> length = std::nullopt) {
  const Field type{"Content-Type", "text/plain"};
  exchange.start({200, {}, {&type, 1}}, length);
}

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
  if (wake == Wake::kTooLarge) {
    answer(exchange, "too large", 413);
  } else if (wake == Wake::kReady) {
    answer(exchange, std::to_string(body.size()));
  }
}

struct Outcome {
  std::optional<Wake> wake;
  [[nodiscard]] bool come() const { return wake.has_value(); }
};

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
      const Wake wake =
          co_await exchange.waitUntil(Clock::now() + milliseconds(1), Exchange::OrBody::kNo);
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
    const auto taken = ::send(client.fd(), block.data(), block.size(), MSG_DONTWAIT);
    if (taken > 0) sent += static_cast<std::size_t>(taken);
    idle_turns = taken > 0 ? 0 : idle_turns + 1;
    return idle_turns > 20;
  }));
  EXPECT_LT(sent, size);
  EXPECT_GT(most, 0U);
  EXPECT_LE(most, limits.head_bytes_max);
  read = true;
  client.send(std::string(size - sent, 'x'));
  EXPECT_THAT(client.readAnswer(), EndsWith("\r\n\r\n" + std::to_string(size)));
}

TEST(Body, OverItsLimitIsTooLarge) {
  TestServer server;
  server.handler.task = [](Exchange& exchange) -> awaitable<void> {
    exchange.setBodyLimit(1000);
    co_await count(exchange);
  };
  Client client = server.connect();
  client.send(kPost + "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + std::string(1000, 'x') +
              "\r\n0\r\n\r\n");
  EXPECT_THAT(client.readAnswer(), EndsWith("\r\n\r\n1000"));
  client.send(kPost + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x') +
              "\r\n0\r\n\r\n");
  EXPECT_THAT(client.readAnswer(), StartsWith("HTTP/1.1 413 "));
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
    Outcome outcome;
    server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
      std::string body;
      outcome.wake = co_await readAll(exchange, body);
    };
    Client client = server.connect();
    client.send(kPost + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n");
    EXPECT_THAT(client.readUntil("\r\n\r\n"), StartsWith("HTTP/1.1 400 ")) << chunks;
    EXPECT_EQ(outcome.wake, Wake::kGone) << chunks;
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

TEST(Answer, StreamsInChunksAsItIsWritten) {
  TestServer server;
  bool go_on = false;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    startText(exchange);
    exchange.write(bytesOf("one\n"));
    co_await exchange.waitDrained();
    EXPECT_EQ(exchange.pendingBytes(), 0U);
    while (!go_on) co_await exchange.yield();
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
  EXPECT_LT(most, 2 * kBlock);
}

// --- Every wait ends when the client goes.

using WaitFunction = std::function<awaitable<Wake>(Exchange&)>;

struct GoneCase {
  const char* name;
  WaitFunction wait;
};

void PrintTo(const GoneCase& gone, std::ostream* out) { *out << gone.name; }

class Gone : public ::testing::TestWithParam<GoneCase> {
 protected:
  void leave(const std::function<void(Client&)>& how) {
    TestServer server;
    Outcome outcome;
    bool waiting = false;
    server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
      waiting = true;
      outcome.wake = co_await GetParam().wait(exchange);
    };
    Client client = server.connect(4096);
    client.send(kPost + "Content-Length: 10\r\n\r\n");
    EXPECT_TRUE(server.runUntil([&] { return waiting; }));
    how(client);
    EXPECT_TRUE(server.runUntil([&] { return outcome.come(); }));
    EXPECT_EQ(outcome.wake, Wake::kGone);
    client.close();
    EXPECT_TRUE(server.runUntil([&] { return server.server->connections() == 0; }));
    EXPECT_EQ(server.handler.living_tasks, 0);
  }
};

TEST_P(Gone, WhenTheClientCloses) {
  leave([](Client& client) { client.close(); });
}

TEST_P(Gone, WhenTheClientResets) {
  leave([](Client& client) { client.reset(); });
}

awaitable<Wake> yieldUntilGone(Exchange& exchange) {
  Wake wake = Wake::kReady;
  while (wake == Wake::kReady) wake = co_await exchange.yield();
  co_return wake;
}

awaitable<Wake> writeUntilGone(Exchange& exchange) {
  startText(exchange);
  const std::string block(64 << 10, 'x');
  Wake wake = Wake::kReady;
  while (wake == Wake::kReady) {
    exchange.write(bytesOf(block));
    wake = co_await exchange.waitDrained();
  }
  co_return wake;
}

INSTANTIATE_TEST_SUITE_P(
    Exchange, Gone,
    ::testing::Values(GoneCase{"waitBody", [](Exchange& exchange) { return exchange.waitBody(); }},
                      GoneCase{"waitDrained", writeUntilGone},
                      GoneCase{"waitUntil",
                               [](Exchange& exchange) {
                                 return exchange.waitUntil(kNever, Exchange::OrBody::kNo);
                               }},
                      GoneCase{"waitUntilOrBody",
                               [](Exchange& exchange) {
                                 return exchange.waitUntil(kNever, Exchange::OrBody::kYes);
                               }},
                      GoneCase{"yield", yieldUntilGone}),
    [](const auto& tested) { return tested.param.name; });

TEST(Wait, SeesAClientGoBehindPipelinedRequests) {
  TestServer server;
  Outcome outcome;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    outcome.wake = co_await exchange.waitUntil(kNever, Exchange::OrBody::kNo);
  };
  Client client = server.connect();
  for (int i = 0; i < 100; ++i) client.send(kGet);
  client.close();
  EXPECT_TRUE(server.runUntil([&] { return outcome.come(); }));
  EXPECT_EQ(outcome.wake, Wake::kGone);
  EXPECT_TRUE(server.runUntil([&] { return server.server->connections() == 0; }));
  EXPECT_EQ(server.handler.begun, 1);
}

TEST(Wait, UntilATimeIsPreciseAndUntilTheBodyIsEarly) {
  TestServer server;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    const auto when = Clock::now() + milliseconds(5);
    Wake wake = co_await exchange.waitUntil(when, Exchange::OrBody::kNo);
    EXPECT_EQ(wake, Wake::kReady);
    EXPECT_GE(Clock::now(), when);
    EXPECT_FALSE(exchange.bodyComplete());
    startText(exchange);
    exchange.write(bytesOf("send"));
    wake = co_await exchange.waitUntil(kNever, Exchange::OrBody::kYes);
    EXPECT_EQ(wake, Wake::kReady);
    EXPECT_EQ(exchange.bodyAvailable(), 5U);
    exchange.end();
  };
  Client client = server.connect();
  client.send(kPost + "Content-Length: 5\r\n\r\n");
  (void)client.readUntil("send");
  client.send("abcde");
  EXPECT_THAT(client.readUntil("0\r\n\r\n"), HasSubstr("\r\n"));
}

TEST(Wait, LetsOthersRunBetweenYields) {
  TestServer server;
  bool done = false;
  int yields = 0;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    if (exchange.head().path == "/busy") {
      while (!done) {
        ++yields;
        const Wake wake = co_await exchange.yield();
        EXPECT_EQ(wake, Wake::kReady);
      }
    }
    answer(exchange, exchange.head().path);
  };
  Client busy = server.connect(), other = server.connect();
  busy.send("GET /busy HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(server.runUntil([&] { return yields > 10; }));
  other.send("GET /other HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(other.readAnswer(), EndsWith("/other"));
  done = true;
  EXPECT_THAT(busy.readAnswer(), EndsWith("/busy"));
}

class Deadline : public ::testing::TestWithParam<GoneCase> {};

TEST_P(Deadline, EndsTheWait) {
  TestServer server;
  Outcome outcome;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    exchange.setDeadline(Clock::now() + milliseconds(20));
    outcome.wake = co_await GetParam().wait(exchange);
    if (!exchange.started()) answer(exchange, "late", 504);
  };
  Client client = server.connect(4096);
  client.send(kPost + "Content-Length: 10\r\n\r\n");
  EXPECT_TRUE(server.runUntil([&] { return outcome.come(); }));
  EXPECT_EQ(outcome.wake, Wake::kExpired);
}

INSTANTIATE_TEST_SUITE_P(
    Exchange, Deadline,
    ::testing::Values(GoneCase{"waitBody", [](Exchange& exchange) { return exchange.waitBody(); }},
                      GoneCase{"waitDrained", writeUntilGone},
                      GoneCase{"waitUntil",
                               [](Exchange& exchange) {
                                 return exchange.waitUntil(kNever, Exchange::OrBody::kNo);
                               }},
                      GoneCase{"yield", yieldUntilGone}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace wagi::http
