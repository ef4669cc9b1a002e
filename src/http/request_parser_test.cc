#include "http/request_parser.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "http/inbox.h"

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
