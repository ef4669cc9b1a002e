// Time limits, the two ways to drain, and the hard stop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "net/http/server.h"
#include "net/http/test_server.h"

namespace wagi::http {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

// All of these limits are over after this.
constexpr milliseconds kLong = loop::Loop::kSweepPeriod;
Limits shortLimits() {
  Limits limits;
  limits.idle_max = limits.head_max = limits.io_max = kLong / 2;
  return limits;
}

TEST(TimeLimit, ClosesAConnectionThatSendsNothing) {
  TestServer server(shortLimits());
  Client fresh = server.connect(), used = server.connect();
  used.send(kGet);
  EXPECT_THAT(used.readAnswer(), StartsWith("HTTP/1.1 200"));
  server.pass(kLong);
  EXPECT_THAT(fresh.readAll(), IsEmpty());
  EXPECT_THAT(used.readAll(), IsEmpty());
  EXPECT_FALSE(used.wasReset());
  EXPECT_EQ(server.server->connections(), 0U);
}

TEST(TimeLimit, AnswersAHeadThatDoesNotComeInTime) {
  Limits limits = shortLimits();
  limits.idle_max = std::chrono::hours(1);
  TestServer server(limits);
  Client client = server.connect();
  client.send("GET / HTTP/1.1\r\n");
  server.pass(kLong);
  EXPECT_THAT(client.readUntil("\r\n\r\n"), StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
  client.finish();
  EXPECT_TRUE(client.closed());
}

// Each piece is progress, so that only the whole time can end it.
TEST(TimeLimit, CutsOffAnAnswerThatIsTakenInSmallPieces) {
  Limits limits = shortLimits();
  limits.io_max = milliseconds(300);
  TestServer server(limits);
  server.handler.at_once = [&](Exchange& exchange) {
    exchange.waiter().setDeadline(server.clock.now() + milliseconds(50));
    answer(exchange, std::string(64 << 20, 'x'));
  };
  Client client = server.connect();
  client.send(kGet);
  // At this pace all of it would take five seconds, and no pause lasts io_max.
  bool reset = false;
  EXPECT_TRUE(server.runUntil([&] {
    server.pass(milliseconds(5));
    char piece[64 << 10];
    const auto count = ::recv(client.fd(), piece, sizeof piece, MSG_DONTWAIT);
    reset = count < 0 && errno != EAGAIN;
    return reset || count == 0;
  }));
  EXPECT_TRUE(reset);
  EXPECT_EQ(server.server->connections(), 0U);
}

TEST(TimeLimit, AnswersABodyThatDoesNotComeInTime) {
  TestServer server(shortLimits());
  std::optional<Wake> wake;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    wake = co_await exchange.waitBody();
  };
  Client client = server.connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
  server.pass(kLong);
  EXPECT_THAT(client.readUntil("\r\n\r\n"), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(wake, Wake::kGone);
}

TEST(TimeLimit, DoesNotAnswerABodyTwice) {
  TestServer server(shortLimits());
  server.handler.task = [](Exchange& exchange) -> awaitable<void> {
    exchange.start({200, {}, {}});
    exchange.write(bytesOf("begun"));
    const Wake wake = co_await exchange.waitBody();
    EXPECT_EQ(wake, Wake::kGone);
  };
  Client client = server.connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
  (void)client.readUntil("begun\r\n");
  server.pass(kLong);
  client.finish();
  EXPECT_THAT(client.readAll(), IsEmpty());
}

TEST(TimeLimit, EndsAnAnswerThatNobodyReads) {
  TestServer server(shortLimits());
  std::optional<Wake> wake;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    exchange.start({200, {}, {}});
    const std::string block(1 << 20, 'x');
    do {
      exchange.write(bytesOf(block));
      wake = co_await exchange.waitDrained();
    } while (wake == Wake::kReady);
  };
  Client client = server.connect(4096);
  client.send(kGet);
  EXPECT_TRUE(server.runUntil([&] { return server.handler.begun == 1; }));
  EXPECT_TRUE(server.runUntil([&] {
    server.pass(kLong);
    return server.server->connections() == 0;
  }));
  EXPECT_EQ(wake, Wake::kGone);
}

TEST(TimeLimit, EndsAWholeAnswerThatNobodyReads) {
  TestServer server(shortLimits());
  server.handler.at_once = [](Exchange& exchange) { answer(exchange, std::string(16 << 20, 'x')); };
  Client client = server.connect(4096);
  client.send(kGet);
  EXPECT_TRUE(server.runUntil([&] { return server.handler.begun == 1; }));
  EXPECT_TRUE(server.runUntil([&] {
    server.pass(kLong);
    return server.server->connections() == 0;
  }));
}

TEST(Stop, ClosesIdleConnectionsAtOnceAndFinishesWhatRuns) {
  TestServer server;
  bool done = false, idle = false;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    while (!done) co_await exchange.waiter().yield(loop::RunQueue::Place::kBack);
    answer(exchange, "finished");
  };
  Client waiting = server.connect(), running = server.connect();
  running.send(kGet);
  EXPECT_TRUE(server.runUntil(
      [&] { return server.handler.begun == 1 && server.server->connections() == 2; }));
  server.server->drain(Drain::kStop, [&] { idle = true; });
  EXPECT_THAT(waiting.readAll(), IsEmpty());
  EXPECT_FALSE(idle);
  done = true;
  const std::string got = running.readAll();
  EXPECT_THAT(got, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(got, EndsWith("finished"));
  EXPECT_TRUE(server.runUntil([&] { return idle; }));
}

TEST(Stop, AnswersARequestThatHasComeUnseen) {
  TestServer server;
  Client client = server.connect();
  EXPECT_TRUE(server.runUntil([&] { return server.server->connections() == 1; }));
  client.send(kGet);
  server.server->drain(Drain::kStop, [] {});
  EXPECT_THAT(client.readAll(), HasSubstr("Connection: close\r\n"));
}

TEST(Stop, TellsWhenThereWasNoConnection) {
  TestServer server;
  bool idle = false;
  server.server->drain(Drain::kStop, [&] { idle = true; });
  EXPECT_FALSE(idle);
  EXPECT_TRUE(server.runUntil([&] { return idle; }));
}

TEST(Stop, RefusesNewConnections) {
  TestServer server;
  server.server->drain(Drain::kReload, [] {});
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_NE(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
}

TEST(Reload, LetsOpenConnectionsSendOneMoreRequest) {
  TestServer server;
  bool idle = false;
  Client used = server.connect(), fresh = server.connect();
  used.send(kGet);
  EXPECT_THAT(used.readAnswer(), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(server.runUntil([&] { return server.server->connections() == 2; }));
  server.server->drain(Drain::kReload, [&] { idle = true; });
  server.io.poll();
  for (Client* client : {&used, &fresh}) {
    EXPECT_FALSE(idle);
    client->send(kGet);
    const std::string got = client->readAll();
    EXPECT_THAT(got, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(got, EndsWith("hello\n"));
  }
  EXPECT_TRUE(server.runUntil([&] { return idle; }));
}

TEST(Reload, CanBecomeAStop) {
  TestServer server;
  Client client = server.connect();
  EXPECT_TRUE(server.runUntil([&] { return server.server->connections() == 1; }));
  bool reloaded = false, stopped = false;
  server.server->drain(Drain::kReload, [&] { reloaded = true; });
  server.server->drain(Drain::kStop, [&] { stopped = true; });
  EXPECT_TRUE(server.runUntil([&] { return stopped; }));
  EXPECT_FALSE(reloaded);
}

TEST(Destruction, EndsEveryTaskAndConnection) {
  TestServer server;
  std::vector<Wake> wakes;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    const std::string_view path = exchange.head().path;
    Wake wake = Wake::kReady;
    if (path == "/body") wake = co_await exchange.waitBody();
    if (path == "/sleep") wake = co_await exchange.waiter().waitUntil(Clock::kNever);
    while (path == "/yield" && wake == Wake::kReady)
      wake = co_await exchange.waiter().yield(loop::RunQueue::Place::kBack);
    if (path == "/write") exchange.start({200, {}, {}});
    const std::string block(1 << 20, 'x');
    while (path == "/write" && wake == Wake::kReady) {
      exchange.write(bytesOf(block));
      wake = co_await exchange.waitDrained();
    }
    wakes.push_back(wake);
  };
  std::vector<Client> clients;
  for (const std::string path : {"/body", "/sleep", "/yield", "/write"}) {
    clients.push_back(server.connect(4096));
    clients.back().send("POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
  }
  clients.push_back(server.connect());
  EXPECT_TRUE(server.runUntil(
      [&] { return server.handler.begun == 4 && server.server->connections() == 5; }));
  server.server.reset();
  EXPECT_EQ(wakes, std::vector<Wake>(4, Wake::kGone));
  EXPECT_EQ(server.handler.living_tasks, 0);
  for (Client& client : clients) EXPECT_TRUE(client.closed());
}

}  // namespace
}  // namespace wagi::http
