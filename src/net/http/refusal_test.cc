// Tests which requests a server refuses, and that the client is told why.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "net/http/test_server.h"

namespace wagi::http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string repeat(std::string_view text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
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
        Bad{"host_with_odd_port", "GET / HTTP/1.1\r\nHost: a:x\r\n\r\n", "400"},
        Bad{"host_without_brackets", "GET / HTTP/1.1\r\nHost: ::1\r\n\r\n", "400"},
        Bad{"two_types", withFields("Content-Type: a\r\nContent-Type: b\r\n"), "400"},
        Bad{"odd_escape", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
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
        Bad{"gzip", withFields("Transfer-Encoding: gzip\r\n"), "400"},
        Bad{"gzip_chunked", withFields("Transfer-Encoding: gzip, chunked\r\n"), "501"},
        Bad{"chunked_identity", withFields("Transfer-Encoding: chunked, identity\r\n"), "400"},
        Bad{"xchunked", withFields("Transfer-Encoding: xchunked\r\n"), "400"},
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
