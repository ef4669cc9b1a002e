// The waits of a handler, and how each ends, over real sockets.
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

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kPost = "POST / HTTP/1.1\r\nHost: a\r\n";
constexpr Clock::time_point kNever = Clock::time_point::max();

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
  while (wake == Wake::kReady) wake = co_await exchange.yield(Exchange::Turn::kLast);
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
                      GoneCase{"waitNotified",
                               [](Exchange& exchange) { return exchange.waitNotified(); }},
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

TEST(Wait, ANoticeEndsTheWaitThatItComesBeforeOrIn) {
  TestServer server;
  Exchange* waiting = nullptr;
  int ended = 0;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    exchange.notify();
    exchange.notify();
    Wake wake = co_await exchange.waitNotified();
    EXPECT_EQ(wake, Wake::kReady);
    ++ended;
    startText(exchange);
    exchange.write(bytesOf("sent meanwhile"));
    waiting = &exchange;
    wake = co_await exchange.waitNotified();
    EXPECT_EQ(wake, Wake::kReady);
    ++ended;
    exchange.end();
  };
  Client client = server.connect();
  client.send(kGet);
  (void)client.readUntil("sent meanwhile");
  EXPECT_TRUE(server.runUntil([&] { return waiting != nullptr; }));
  EXPECT_EQ(ended, 1) << "two notices before a wait end one";
  waiting->notify();
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
        const Wake wake = co_await exchange.yield(Exchange::Turn::kLast);
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
                      GoneCase{"waitNotified",
                               [](Exchange& exchange) { return exchange.waitNotified(); }},
                      GoneCase{"yield", yieldUntilGone}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace wagi::http
