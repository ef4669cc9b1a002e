#include "net/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/http/test_server.h"

namespace wagi::http {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(Server, AnswersWithItsOwnFieldsAndTheHandlers) {
  TestServer server;
  Client client = server.connect();
  client.send(kGet);
  EXPECT_THAT(client.readAnswer(),
              MatchesRegex("HTTP/1.1 200 OK\r\n"
                           "Date: [A-Z][a-z]+, [0-9]+ [A-Z][a-z]+ [0-9]+ [0-9:]+ GMT\r\n"
                           "Server: wagi/[0-9.]+\r\n"
                           "Content-Type: text/plain\r\n"
                           "Content-Length: 6\r\n\r\n"
                           "hello\n"));
}

TEST(Server, GivesTheHandlerTheWholeHead) {
  TestServer server;
  std::vector<std::string> seen;
  server.handler.at_once = [&](Exchange& exchange) {
    const RequestHead& head = exchange.head();
    for (const std::string_view part : {head.method, head.path, head.query.value_or(""), head.host,
                                        head.protocol, head.scheme, head.remote_address}) {
      seen.emplace_back(part);
    }
    for (const Field& field : head.fields) {
      seen.push_back(std::string(field.name) + "=" + std::string(field.value));
    }
    answer(exchange, "");
  };
  Client client = server.connect();
  client.send("POST /a%20b?c=d?e HTTP/1.1\r\nHost: x:1\r\nX-Two:  two words \r\nx-two:\r\n\r\n");
  EXPECT_THAT(client.readAnswer(), HasSubstr("Content-Length: 0\r\n"));
  EXPECT_THAT(seen, ElementsAre("POST", "/a%20b", "c=d?e", "x", "HTTP/1.1", "http", "127.0.0.1",
                                "Host=x:1", "X-Two=two words", "x-two="));
}

TEST(Server, KeepsTheConnection) {
  TestServer server;
  Client client = server.connect();
  for (int i = 0; i < 100; ++i) {
    client.send(kGet);
    EXPECT_THAT(client.readAnswer(), Not(HasSubstr("Connection:")));
  }
  EXPECT_EQ(server.handler.begun, 100);
  EXPECT_EQ(server.server->connections(), 1U);
}

TEST(Server, ClosesWhenTheClientAsksForIt) {
  TestServer server;
  Client client = server.connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + kGet);
  const std::string all = client.readAll();
  EXPECT_THAT(all, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(all, EndsWith("hello\n"));
  EXPECT_EQ(server.handler.begun, 1);
  EXPECT_FALSE(client.wasReset());
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  TestServer server;
  server.handler.at_once = [](Exchange& exchange) { answer(exchange, exchange.head().path); };
  Client client = server.connect();
  std::string requests;
  for (int i = 0; i < 500; ++i) {
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  client.send(requests);
  for (int i = 0; i < 500; ++i) {
    ASSERT_THAT(client.readAnswer(), EndsWith("\r\n\r\n/" + std::to_string(i)));
  }
}

TEST(Server, AnswersPipelinedRequestsInOrderWhenSomeWait) {
  TestServer server;
  server.handler.task = [&](Exchange& exchange) -> boost::asio::awaitable<void> {
    co_await exchange.waiter().waitUntil(server.clock.now() + std::chrono::milliseconds(1));
    answer(exchange, exchange.head().path);
  };
  Client client = server.connect();
  for (int i = 0; i < 20; ++i) {
    client.send("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  for (int i = 0; i < 20; ++i) {
    server.pass(std::chrono::milliseconds(1));
    ASSERT_THAT(client.readAnswer(), EndsWith("\r\n\r\n/" + std::to_string(i)));
  }
}

TEST(Server, AnswersRequestsThatAreFollowedByTheEndOfInput) {
  TestServer server;
  Client client = server.connect();
  client.send(kGet + kGet);
  client.finish();
  EXPECT_THAT(client.readAll(), EndsWith("hello\n"));
  EXPECT_EQ(server.handler.begun, 2);
}

TEST(Server, TakesRequestsByteByByte) {
  TestServer server;
  server.handler.task = [](Exchange& exchange) -> boost::asio::awaitable<void> {
    std::string body;
    while (true) {
      const Wake wake = co_await exchange.waitBody();
      EXPECT_EQ(wake, Wake::kReady);
      char bytes[16];
      const std::size_t count = exchange.readBody(std::as_writable_bytes(std::span(bytes)));
      if (count == 0) break;
      body.append(bytes, count);
    }
    answer(exchange, body);
  };
  const std::vector<std::string> requests = {
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde",
      "\r\nPOST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2;x=\"y\"\r\nab\r\n0003\r\ncde\r\n0\r\nTrailer: dropped\r\n\r\n"};
  Client client = server.connect();
  for (const std::string& request : requests) {
    for (const char byte : request) {
      client.send({&byte, 1});
      server.io.poll();
    }
    EXPECT_THAT(client.readAnswer(), EndsWith("\r\n\r\nabcde"));
  }
}

TEST(Server, LeavesTheBodyOutForHead) {
  TestServer server;
  Client client = server.connect();
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + kGet);
  const std::string head = client.readUntil("\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Length: 6\r\n"));
  EXPECT_THAT(client.readAnswer(), StartsWith("HTTP/1.1 200"));
}

TEST(Server, LeavesTheBodyOutForStatusesWithoutOne) {
  TestServer server;
  int status = 204;
  server.handler.at_once = [&](Exchange& exchange) { answer(exchange, "no", status); };
  Client client = server.connect();
  client.send(kGet);
  EXPECT_THAT(client.readUntil("\r\n\r\n"), Not(HasSubstr("Content-Length")));
  status = 304;
  client.send(kGet);
  EXPECT_THAT(client.readUntil("\r\n\r\n"), StartsWith("HTTP/1.1 304 Not Modified\r\n"));
}

TEST(Server, ClosesAfterHttp10) {
  TestServer server;
  Client client = server.connect();
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.readAll(), HasSubstr("Connection: close\r\n"));
}

TEST(Server, KeepsAConnectionOfHttp10ThatAsksForIt) {
  TestServer server;
  Client client = server.connect();
  for (int i = 0; i < 2; ++i) {
    client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(client.readAnswer(), HasSubstr("Connection: keep-alive\r\n"));
  }
}

TEST(Server, AnswersAnUpgradeWithoutUpgrading) {
  TestServer server;
  Client client = server.connect();
  client.send(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
      "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n" +
      kGet);
  EXPECT_THAT(client.readAnswer(), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(client.readAnswer(), StartsWith("HTTP/1.1 200"));
}

TEST(Server, ServesIpv6) {
  const UniqueFd probe(::socket(AF_INET6, SOCK_STREAM, 0));
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  any.sin6_addr = in6addr_loopback;
  if (::bind(probe.get(), reinterpret_cast<sockaddr*>(&any), sizeof any) != 0) {
    GTEST_SKIP() << "no IPv6 on this machine";
  }
  TestServer server({}, nullptr, AF_INET6);
  server.handler.at_once = [](Exchange& exchange) {
    answer(exchange, exchange.head().remote_address);
  };
  Client client = server.connect();
  client.send(kGet);
  EXPECT_THAT(client.readAnswer(), EndsWith("\r\n\r\n::1"));
}

TEST(Server, StopsAcceptingAtConnectionsMax) {
  Limits limits;
  limits.connections_max = 2;
  TestServer server(limits);
  Client first = server.connect(), second = server.connect(), third = server.connect();
  third.send(kGet);
  first.send(kGet);
  second.send(kGet);
  EXPECT_THAT(first.readAnswer(), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(second.readAnswer(), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(server.handler.begun, 2);
  first.close();
  EXPECT_THAT(third.readAnswer(), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(server.server->connections(), 2U);
}

TEST(Server, AcceptsAgainAfterAcceptingFailed) {
  TestServer server;
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  socklen_t size = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  // Accepting from it fails as long as it doesn't listen.
  server.server->listen(UniqueFd(::dup(socket.get())), nullptr);
  const std::size_t callbacks = server.io.poll();
  EXPECT_GT(callbacks, 0U);
  EXPECT_EQ(server.io.poll(), 0U) << "it doesn't try again at once";
  ASSERT_EQ(::listen(socket.get(), 1), 0);
  Client client(server, UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  ASSERT_EQ(::connect(client.fd(), reinterpret_cast<sockaddr*>(&address), size), 0);
  client.send(kGet);
  EXPECT_THAT(client.readAnswer(), EndsWith("hello\n"));
}

TEST(Server, GivesASlowReaderAllOfALargeAnswer) {
  TestServer server;
  const std::string body = [] {
    std::string all;
    while (all.size() < 512 << 10) all += "0123456789abcdef";
    return all;
  }();
  server.handler.at_once = [&](Exchange& exchange) { answer(exchange, body); };
  Client client = server.connect(4096);
  client.send(kGet + kGet);
  for (int i = 0; i < 2; ++i) {
    const std::string got = client.readAnswer();
    EXPECT_THAT(got.substr(0, 200), HasSubstr("Content-Length: 524288\r\n"));
    EXPECT_TRUE(got.ends_with(body));
  }
}

}  // namespace
}  // namespace wagi::http
