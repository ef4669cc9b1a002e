#include "http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/test_server.h"

namespace wagi::http {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

std::string repeat(std::string_view text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

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
    for (const std::string_view part : {head.method, head.path, head.query, head.authority,
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
  EXPECT_THAT(seen, ElementsAre("POST", "/a%20b", "c=d?e", "", "HTTP/1.1", "http", "127.0.0.1",
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
  server.handler.task = [](Exchange& exchange) -> boost::asio::awaitable<void> {
    co_await exchange.waitUntil(Clock::now() + std::chrono::milliseconds(1), Exchange::OrBody::kNo);
    answer(exchange, exchange.head().path);
  };
  Client client = server.connect();
  for (int i = 0; i < 20; ++i) {
    client.send("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  for (int i = 0; i < 20; ++i) {
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

TEST(Server, GivesASlowReaderAllOfALargeAnswer) {
  TestServer server;
  const std::string body = repeat("0123456789abcdef", 512 << 10 >> 4);
  server.handler.at_once = [&](Exchange& exchange) { answer(exchange, body); };
  Client client = server.connect(4096);
  client.send(kGet + kGet);
  for (int i = 0; i < 2; ++i) {
    const std::string got = client.readAnswer();
    EXPECT_THAT(got.substr(0, 200), HasSubstr("Content-Length: 524288\r\n"));
    EXPECT_TRUE(got.ends_with(body));
  }
}

struct Bad {
  const char* name;
  std::string request;
  const char* status;
};

void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.name; }

class Refuses : public ::testing::TestWithParam<Bad> {};

TEST_P(Refuses, AndClosesSoThatTheClientSeesWhy) {
  Limits limits;
  limits.head_bytes_max = 4096;
  limits.fields_max = 16;
  TestServer server(limits);
  Client client = server.connect();
  client.send(GetParam().request);
  const std::string answer = client.readUntil("\r\n\r\n");
  EXPECT_THAT(answer, StartsWith(std::string("HTTP/1.1 ") + GetParam().status));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  client.finish();
  EXPECT_THAT(client.readAll(), EndsWith(".\n"));
  EXPECT_FALSE(client.wasReset());
  EXPECT_EQ(server.handler.begun, 0);
}

std::string withFields(const std::string& fields) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\nabcdef";
}

INSTANTIATE_TEST_SUITE_P(
    Server, Refuses,
    ::testing::Values(
        Bad{"no_host", "GET / HTTP/1.1\r\n\r\n", "400"},
        Bad{"two_hosts", withFields("Host: b\r\n"), "400"},
        Bad{"odd_host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"},
        Bad{"fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        Bad{"space_in_target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        Bad{"control_in_target", "GET /a\x01 HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        Bad{"target_without_slash", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        Bad{"star_for_get", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        Bad{"user_in_target", "GET http://u@h/ HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        Bad{"connect", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "501"},
        Bad{"bad_method", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        Bad{"http2_preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
        Bad{"http3", "GET / HTTP/3.0\r\nHost: a\r\n\r\n", "505"},
        Bad{"odd_version", "GET / HTXP/1.1\r\nHost: a\r\n\r\n", "400"},
        Bad{"http09", "GET /\r\n\r\n", "400"},
        Bad{"tls", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), "400"},
        Bad{"bare_lf", "GET / HTTP/1.1\nHost: a\n\n", "400"},
        Bad{"nul_in_value", withFields(std::string("X: a\0b\r\n", 8)), "400"},
        Bad{"space_before_colon", withFields("X : a\r\n"), "400"},
        Bad{"folded", withFields("X: a\r\n b\r\n"), "400"},
        Bad{"folded_empty", withFields("X:\r\n b\r\n"), "400"},
        Bad{"length_not_a_number", withFields("Content-Length: 6x\r\n"), "400"},
        Bad{"length_signed", withFields("Content-Length: +6\r\n"), "400"},
        Bad{"length_too_large", withFields("Content-Length: 18446744073709551616\r\n"), "400"},
        Bad{"length_empty", withFields("Content-Length:\r\n"), "400"},
        Bad{"length_list", withFields("Content-Length: 6, 6\r\n"), "400"},
        Bad{"lengths_differ", withFields("Content-Length: 6\r\nContent-Length: 5\r\n"), "400"},
        Bad{"lengths_equal", withFields("Content-Length: 6\r\nContent-Length: 6\r\n"), "400"},
        Bad{"length_and_chunked", withFields("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n"),
            "400"},
        Bad{"chunked_and_length", withFields("Transfer-Encoding: chunked\r\nContent-Length: 6\r\n"),
            "400"},
        Bad{"gzip", withFields("Transfer-Encoding: gzip\r\n"), "501"},
        Bad{"gzip_chunked", withFields("Transfer-Encoding: gzip, chunked\r\n"), "501"},
        Bad{"chunked_identity", withFields("Transfer-Encoding: chunked, identity\r\n"), "501"},
        Bad{"xchunked", withFields("Transfer-Encoding: xchunked\r\n"), "501"},
        Bad{"chunked_twice",
            withFields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), "400"},
        Bad{"gzip_then_chunked",
            withFields("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"), "501"},
        Bad{"chunked_in_http10", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "400"},
        Bad{"expectation", withFields("Expect: a miracle\r\n"), "417"},
        Bad{"long_request_line", "GET /" + std::string(5000, 'a'), "414"},
        Bad{"large_fields", withFields("X: " + std::string(5000, 'a') + "\r\n"), "431"},
        Bad{"large_head_without_end", "GET / HTTP/1.1\r\nX: " + std::string(5000, 'a'), "431"},
        Bad{"many_fields", withFields(repeat("X: a\r\n", 20)), "431"}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace wagi::http
