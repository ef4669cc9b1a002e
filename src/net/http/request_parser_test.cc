#include "net/http/request_parser.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "net/http/inbox.h"

namespace wagi::http {
namespace {

using State = RequestParser::State;

const std::string kRequest =
    "GET /path?query HTTP/1.1\r\nHost: example.org\r\nX-Long: some value\r\n\r\n";

void fill(Inbox& inbox, std::string_view bytes) {
  const auto space = inbox.space(bytes.size());
  ASSERT_GE(space.size(), bytes.size());
  std::memcpy(space.data(), bytes.data(), bytes.size());
  inbox.commit(bytes.size());
}

TEST(RequestParser, NeedsAllOfAHeadWhereverItLies) {
  RequestParser parser({4096, 16});
  std::vector<std::string> copies;  // Each prefix in its own place, the earlier ones wiped.
  for (std::size_t size = 0; size < kRequest.size(); ++size) {
    copies.push_back(kRequest.substr(0, size));
    ASSERT_EQ(parser.parseHead(copies.back()), State::kNeedMore) << size;
    copies.back().assign(size, '!');
  }
  const std::string whole = kRequest + "more";
  ASSERT_EQ(parser.parseHead(whole), State::kDone);
  EXPECT_EQ(parser.headBytes(), kRequest.size());
  const RequestHead& head = parser.head();
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.path, "/path");
  EXPECT_EQ(head.query, "query");
  EXPECT_EQ(head.host, "example.org");
  EXPECT_EQ(head.port, std::nullopt);
  ASSERT_EQ(head.fields.size(), 2U);
  EXPECT_EQ(head.fields[0].value, "example.org");
  EXPECT_EQ(head.fields[1].name, "X-Long");
  EXPECT_EQ(head.fields[1].value, "some value");
  EXPECT_FALSE(head.content_length.has_value());
  EXPECT_TRUE(parser.bodyComplete());
}

TEST(RequestParser, ReadsOneRequestAfterAnother) {
  RequestParser parser({4096, 16});
  for (const char* version : {"HTTP/1.0", "HTTP/1.1", "HTTP/1.0"}) {
    parser.reset();
    const std::string request = std::string("GET / ") + version + "\r\nHost: a\r\n\r\n";
    ASSERT_EQ(parser.parseHead(request), State::kDone);
    EXPECT_EQ(parser.head().protocol, version);
    EXPECT_EQ(parser.keepAlive(), parser.head().protocol == "HTTP/1.1");
    EXPECT_EQ(parser.head().fields.size(), 1U);
  }
}

// RFC 9110 2.5: in pieces, too, since the version may be all that has come.
TEST(RequestParser, ServesALaterMinorVersionAsItsOwn) {
  const std::string request =
      "\r\nPOST /path?query HTTP/1.7\r\nHost: a:80\r\nContent-Length: 3\r\n\r\n";
  RequestParser parser({4096, 16});
  for (std::size_t size = 0; size < request.size(); ++size) {
    const std::string prefix = request.substr(0, size);
    ASSERT_EQ(parser.parseHead(prefix), State::kNeedMore) << size;
  }
  ASSERT_EQ(parser.parseHead(request), State::kDone);
  EXPECT_EQ(parser.headBytes(), request.size());
  EXPECT_EQ(parser.head().method, "POST");
  EXPECT_EQ(parser.head().path, "/path");
  EXPECT_EQ(parser.head().query, "query");
  EXPECT_EQ(parser.head().protocol, "HTTP/1.1");
  EXPECT_EQ(parser.head().host, "a");
  EXPECT_EQ(parser.head().port, 80);
  EXPECT_EQ(parser.head().content_length, 3U);
  EXPECT_TRUE(parser.keepAlive());
  parser.reset();
  ASSERT_EQ(parser.parseHead(kRequest), State::kDone);
  EXPECT_EQ(parser.head().method, "GET");
}

// RFC 9112 3.2.2: an absolute target says whom the request is for, and Host nothing else.
TEST(RequestParser, AnAbsoluteTargetWinsOverHost) {
  const auto host = [](const std::string& request) {
    RequestParser parser({4096, 16});
    if (parser.parseHead(request) != State::kDone) return std::string("refused");
    const RequestHead& head = parser.head();
    std::string text(head.host);
    if (head.port) text += ":" + std::to_string(*head.port);
    for (const Field& field : head.fields) text.append(" ").append(field.value);
    return text;
  };
  const std::string one = "GET http://good.example:81/ HTTP/1.1\r\n";
  EXPECT_EQ(host(one + "X: y\r\nhost: evil\r\n\r\n"), "good.example:81 y good.example:81");
  EXPECT_EQ(host(one + "Host:\r\n\r\n"), "good.example:81 good.example:81");
  EXPECT_EQ(host(one + "\r\n"), "refused");
  EXPECT_EQ(host("GET http://good HTTP/1.0\r\nX: y\r\n\r\n"), "good y good");
  EXPECT_EQ(host("OPTIONS http://good HTTP/1.1\r\nHost: evil:1\r\n\r\n"), "good good");
  EXPECT_EQ(host("GET / HTTP/1.1\r\nHost: h:\r\n\r\n"), "h h:");
  EXPECT_EQ(host("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"), "[::1]:80 [::1]:80");
  EXPECT_EQ(host("GET / HTTP/1.1\r\nHost:\r\n\r\n"), " ");
  EXPECT_EQ(host("GET / HTTP/1.0\r\n\r\n"), "");
}

TEST(RequestParser, CloseWinsOverKeepAlive) {
  const auto keeps = [](const std::string& version, const std::string& options) {
    RequestParser parser({4096, 16});
    EXPECT_EQ(parser.parseHead("GET / HTTP/" + version + "\r\nHost: a\r\n" + options + "\r\n"),
              State::kDone);
    return parser.keepAlive();
  };
  EXPECT_TRUE(keeps("1.1", ""));
  EXPECT_FALSE(keeps("1.0", ""));
  EXPECT_TRUE(keeps("1.0", "Connection: x, Keep-Alive\r\n"));
  for (const char* version : {"1.0", "1.1", "1.2"}) {
    for (const char* options :
         {"Connection: Close\r\n", "Connection: close, keep-alive\r\n",
          "Connection: keep-alive\r\nConnection: x, close\r\n", "Connection: ,close\r\n"}) {
      EXPECT_FALSE(keeps(version, options)) << version << " " << options;
    }
  }
}

TEST(RequestParser, TakesAHeadOfExactlyTheLimit) {
  for (const std::size_t more : {0U, 1U}) {
    RequestParser parser({100, 16});
    std::string request = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    request += std::string(100 - request.size() - 4 + more, 'x') + "\r\n\r\n";
    EXPECT_EQ(parser.parseHead(request), more == 0 ? State::kDone : State::kRefused);
  }
}

TEST(RequestParser, SaysWhyItRefuses) {
  const auto refusal = [](const std::string& request) {
    RequestParser parser({4096, 2});
    EXPECT_EQ(parser.parseHead(request), State::kRefused);
    return std::to_string(parser.refusal().status) + " " + std::string(parser.refusal().detail);
  };
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n\r\n"), "400 The Host field is missing.");
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n"),
            "431 There are too many header fields.");
  EXPECT_EQ(refusal("\x16\x03\x01"), "400 This port speaks plain HTTP, not TLS.");
  EXPECT_EQ(refusal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
            "505 This server speaks HTTP/1.1 and HTTP/1.0.");
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: a:x\r\n\r\n"),
            "400 The Host field is neither HOST nor HOST:PORT.");
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"),
            "400 The last transfer coding, and no other, must be \"chunked\".");
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: a\r\nX:\r\n folded\r\n\r\n"),
            "400 A header field is folded over lines.");
}

TEST(RequestParser, SkipsEmptyLinesBeforeARequest) {
  RequestParser parser({4096, 16});
  EXPECT_EQ(parser.parseHead("\r"), State::kNeedMore);
  EXPECT_EQ(parser.parseHead("\r\n\r"), State::kNeedMore);
  EXPECT_EQ(parser.parseHead("\r\n\r\n" + kRequest), State::kDone);
  EXPECT_EQ(parser.headBytes(), kRequest.size() + 4);
}

TEST(RequestParser, RefusesLineEndsThatAreNoEmptyLines) {
  for (const char* bytes : {"\n", "\n\r\r", "\r\r", "\r\n\n"}) {
    RequestParser parser({4096, 16});
    EXPECT_EQ(parser.parseHead(bytes), State::kRefused);
    EXPECT_EQ(parser.refusal().status, 400);
  }
}

TEST(RequestParser, KnowsWhatIsExpectedOfIt) {
  const auto expects = [](const std::string& rest) {
    RequestParser parser({4096, 16});
    EXPECT_EQ(parser.parseHead("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n" + rest),
              State::kDone);
    return parser.expectsContinue();
  };
  EXPECT_TRUE(expects("Content-Length: 1\r\n\r\n"));
  EXPECT_TRUE(expects("Transfer-Encoding: CHUNKED\r\n\r\n"));
  EXPECT_FALSE(expects("Content-Length: 0\r\n\r\n"));
  EXPECT_FALSE(expects("\r\n"));
}

TEST(RequestParser, TakesChunksApartAndLeavesTheNextRequest) {
  Inbox inbox(4096);
  fill(inbox,
       "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
       "1\r\na\r\n00a;x=\"1\"\r\nbcdefghijk\r\n0\r\nContent-Type: trailer\r\n\r\nGET");
  RequestParser parser({4096, 16});
  ASSERT_EQ(parser.parseHead(inbox.raw()), State::kDone);
  EXPECT_TRUE(parser.head().chunked);
  inbox.dropRaw(parser.headBytes());
  EXPECT_TRUE(parser.decodeBody(inbox));
  EXPECT_TRUE(parser.bodyComplete());
  EXPECT_EQ(inbox.ready(), "abcdefghijk");
  EXPECT_EQ(inbox.raw(), "GET");
  EXPECT_EQ(parser.bodyBytes(), 11U);
  EXPECT_EQ(parser.head().fields.size(), 2U);
}

TEST(RequestParser, KnowsWhatRemainsOfABody) {
  Inbox inbox(4096);
  fill(inbox, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  RequestParser parser({4096, 16});
  ASSERT_EQ(parser.parseHead(inbox.raw()), State::kDone);
  EXPECT_EQ(parser.head().content_length, 10U);
  inbox.dropRaw(parser.headBytes());
  EXPECT_TRUE(parser.decodeBody(inbox));
  EXPECT_EQ(parser.bodyRemaining(), 7U);
  fill(inbox, "defghijGET");
  EXPECT_TRUE(parser.decodeBody(inbox));
  EXPECT_EQ(parser.bodyRemaining(), 0U);
  EXPECT_EQ(inbox.ready(), "abcdefghij");
  EXPECT_EQ(inbox.raw(), "GET");
}

}  // namespace
}  // namespace wagi::http
