// The waits of a handler, and how each ends, over real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "net/http/exchange.h"
#include "net/http/http1_exchange.h"
#include "net/http/test_server.h"

namespace wagi::http {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kPost = "POST / HTTP/1.1\r\nHost: a\r\n";
constexpr Clock::Time kNever = Clock::kNever;

struct Outcome {
  std::optional<Wake> wake;
  [[nodiscard]] bool come() const { return wake.has_value(); }
};

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
  while (wake == Wake::kReady)
    wake = co_await exchange.waiter().yield(loop::RunQueue::Place::kBack);
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
    ::testing::Values(
        GoneCase{"waitBody", [](Exchange& exchange) { return exchange.waitBody(); }},
        GoneCase{"waitDrained", writeUntilGone},
        GoneCase{"waitUntil",
                 [](Exchange& exchange) { return exchange.waiter().waitUntil(kNever); }},
        GoneCase{"waitUntilOrBody", [](Exchange& exchange) { return exchange.waitBody(kNever); }},
        GoneCase{"waitNotified",
                 [](Exchange& exchange) { return exchange.waiter().waitNotified(); }},
        GoneCase{"yield", yieldUntilGone}),
    [](const auto& tested) { return tested.param.name; });

TEST(Wait, SeesAClientGoBehindPipelinedRequests) {
  TestServer server;
  Outcome outcome;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    outcome.wake = co_await exchange.waiter().waitUntil(kNever);
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
  Outcome slept;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    slept.wake = co_await exchange.waiter().waitUntil(server.clock.now() + milliseconds(5));
    EXPECT_FALSE(exchange.bodyComplete());
    startText(exchange);
    exchange.write(bytesOf("send"));
    const Wake wake = co_await exchange.waitBody(kNever);
    EXPECT_EQ(wake, Wake::kReady);
    EXPECT_EQ(exchange.bodyAvailable(), 5U);
    exchange.end();
  };
  Client client = server.connect();
  client.send(kPost + "Content-Length: 5\r\n\r\n");
  server.pass(milliseconds(4));
  EXPECT_FALSE(slept.come());
  server.pass(milliseconds(1));
  EXPECT_EQ(slept.wake, Wake::kReady);
  (void)client.readUntil("send");
  client.send("abcde");
  EXPECT_THAT(client.readUntil("0\r\n\r\n"), HasSubstr("\r\n"));
}

TEST(Wait, ForTheBodyMayEndAtATimeWithoutAny) {
  TestServer server;
  Outcome outcome;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    outcome.wake = co_await exchange.waitBody(server.clock.now() + std::chrono::hours(1));
    EXPECT_EQ(exchange.bodyAvailable(), 0U);
    answer(exchange, "enough");
  };
  Client client = server.connect();
  client.send(kPost + "Content-Length: 5\r\n\r\n");
  server.pass(std::chrono::minutes(59));
  EXPECT_FALSE(outcome.come()) << "the client may be silent";
  server.pass(std::chrono::minutes(1));
  EXPECT_THAT(client.readAnswer(), EndsWith("enough"));
  EXPECT_EQ(outcome.wake, Wake::kReady);
}

TEST(Wait, ForATurnSendsAPartOfALongAnswerOnly) {
  TestServer server;
  bool done = false;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    startText(exchange);
    exchange.write(bytesOf("part"));
    while (!done) co_await exchange.waiter().yield(loop::RunQueue::Place::kBack);
    exchange.end();
  };
  Client client = server.connect();
  client.send(kGet);
  char byte = 0;
  server.pass(Http1Exchange::kPartAfter / 2);
  server.pass(milliseconds(0));
  EXPECT_LT(::recv(client.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT), 0);
  server.pass(Http1Exchange::kPartAfter);
  (void)client.readUntil("part");
  done = true;
  EXPECT_EQ(client.readUntil("0\r\n\r\n"), "\r\n0\r\n\r\n");
}

TEST(Wait, ANoticeEndsTheWaitThatItComesBeforeOrIn) {
  TestServer server;
  Exchange* waiting = nullptr;
  int ended = 0;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    exchange.waiter().notify();
    exchange.waiter().notify();
    Wake wake = co_await exchange.waiter().waitNotified();
    EXPECT_EQ(wake, Wake::kReady);
    ++ended;
    startText(exchange);
    exchange.write(bytesOf("sent meanwhile"));
    waiting = &exchange;
    wake = co_await exchange.waiter().waitNotified();
    EXPECT_EQ(wake, Wake::kReady);
    ++ended;
    exchange.end();
  };
  Client client = server.connect();
  client.send(kGet);
  (void)client.readUntil("sent meanwhile");
  EXPECT_TRUE(server.runUntil([&] { return waiting != nullptr; }));
  EXPECT_EQ(ended, 1) << "two notices before a wait end one";
  waiting->waiter().notify();
  EXPECT_EQ(ended, 1) << "nobody is resumed before it returns";
  EXPECT_TRUE(server.runUntil([&] { return ended == 2; }));
}

TEST(Wait, LetsOthersRunBetweenYields) {
  TestServer server;
  bool done = false;
  int yields = 0;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    if (exchange.head().path == "/busy") {
      while (!done) {
        ++yields;
        const Wake wake = co_await exchange.waiter().yield(loop::RunQueue::Place::kBack);
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
    exchange.waiter().setDeadline(server.clock.now() + milliseconds(20));
    outcome.wake = co_await GetParam().wait(exchange);
    if (!exchange.started()) answer(exchange, "late", 504);
  };
  Client client = server.connect(4096);
  client.send(kPost + "Content-Length: 10\r\n\r\n");
  server.pass(loop::Loop::kSweepPeriod);
  EXPECT_TRUE(server.runUntil([&] { return outcome.come(); }));
  EXPECT_EQ(outcome.wake, Wake::kExpired);
}

INSTANTIATE_TEST_SUITE_P(
    Exchange, Deadline,
    ::testing::Values(GoneCase{"waitBody", [](Exchange& exchange) { return exchange.waitBody(); }},
                      GoneCase{"waitDrained", writeUntilGone},
                      GoneCase{
                          "waitUntil",
                          [](Exchange& exchange) { return exchange.waiter().waitUntil(kNever); }},
                      GoneCase{"waitNotified",
                               [](Exchange& exchange) { return exchange.waiter().waitNotified(); }},
                      GoneCase{"yield", yieldUntilGone}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace wagi::http
