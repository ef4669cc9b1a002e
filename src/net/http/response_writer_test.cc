#include "net/http/response_writer.h"

#include <gtest/gtest.h>

#include <string>

namespace wagi::http {
namespace {

using Persist = ResponseWriter::Persist;

constexpr std::string_view kStandard = "Date: D\r\n";

std::string taken(ResponseWriter& writer) {
  const std::string bytes(writer.unsent());
  writer.sent(bytes.size());
  return bytes;
}

TEST(ResponseWriter, SendsAWholeAnswerWithItsLength) {
  ResponseWriter writer;
  const Field field{"A", "b"};
  writer.start({404, {}, {&field, 1}}, std::nullopt, kStandard);
  writer.write("12");
  writer.write("345");
  EXPECT_EQ(writer.unsent(), "");
  EXPECT_TRUE(writer.end(Persist::kKeep));
  EXPECT_EQ(taken(writer),
            "HTTP/1.1 404 Not Found\r\nDate: D\r\nA: b\r\nContent-Length: 5\r\n\r\n12345");
  EXPECT_EQ(writer.pendingBytes(), 0U);
  EXPECT_FALSE(writer.closes());
}

TEST(ResponseWriter, SendsPartsAsChunks) {
  ResponseWriter writer;
  writer.start({200, "Fine", {}}, std::nullopt, kStandard);
  writer.write("12");
  writer.frame(Persist::kKeep);
  EXPECT_EQ(taken(writer),
            "HTTP/1.1 200 Fine\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n00000002\r\n12\r\n");
  writer.frame(Persist::kKeep);
  EXPECT_EQ(taken(writer), "");
  writer.write(std::string(20, 'x'));
  EXPECT_EQ(writer.unsent(), "");  // Its size isn't known yet.
  EXPECT_TRUE(writer.end(Persist::kKeep));
  EXPECT_EQ(taken(writer), "00000014\r\n" + std::string(20, 'x') + "\r\n0\r\n\r\n");
}

TEST(ResponseWriter, KeepsAnswersInOrder) {
  ResponseWriter writer;
  for (const std::string_view body : {"first", "second"}) {
    writer.reset({});
    writer.start({200, {}, {}}, std::nullopt, "");
    writer.write(body);
    EXPECT_TRUE(writer.end(Persist::kKeep));
  }
  EXPECT_EQ(taken(writer),
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst"
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond");
}

TEST(ResponseWriter, RetractsOnlyTheAnswerAtHand) {
  ResponseWriter writer;
  writer.start({200, {}, {}}, std::nullopt, "");
  EXPECT_TRUE(writer.end(Persist::kKeep));
  EXPECT_FALSE(writer.retractable());
  writer.reset({});
  writer.start({201, {}, {}}, std::nullopt, "");
  writer.write("wrong");
  writer.sent(10);
  ASSERT_TRUE(writer.retractable());
  writer.retract();
  writer.start({500, {}, {}}, std::nullopt, "");
  EXPECT_TRUE(writer.end(Persist::kClose));
  EXPECT_EQ(taken(writer),
            "00 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 500 Internal Server Error\r\n"
            "Content-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST(ResponseWriter, FramesForHttp10) {
  ResponseWriter writer;
  writer.reset({.is_head = false, .is_http_1_0 = true});
  writer.start({200, {}, {}}, std::nullopt, "");
  writer.write("a");
  EXPECT_TRUE(writer.end(Persist::kKeep));
  EXPECT_EQ(taken(writer),
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\na");
  writer.reset({.is_head = false, .is_http_1_0 = true});
  writer.start({200, {}, {}}, std::nullopt, "");
  writer.write("a");
  writer.frame(Persist::kKeep);
  EXPECT_EQ(taken(writer), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\na");
  EXPECT_TRUE(writer.closes());
  EXPECT_TRUE(writer.endsByClose());
}

TEST(ResponseWriter, HasNoBodyForHeadAndSomeStatuses) {
  const auto written = [](int status, bool is_head, bool part) {
    ResponseWriter writer;
    writer.reset({.is_head = is_head, .is_http_1_0 = false});
    writer.start({status, "R", {}}, std::nullopt, "");
    writer.write("abc");
    if (part) writer.frame(Persist::kKeep);
    writer.write("d");
    EXPECT_TRUE(writer.end(Persist::kKeep));
    EXPECT_EQ(writer.bytesWritten(), 4U);
    const std::string bytes = taken(writer);
    return bytes.substr(bytes.find("\r\n") + 2);
  };
  for (const bool part : {false, true}) {
    EXPECT_EQ(written(204, false, part), "\r\n");
    EXPECT_EQ(written(304, false, part), "\r\n");
    EXPECT_EQ(written(205, false, part), "Content-Length: 0\r\n\r\n");
  }
  EXPECT_EQ(written(200, true, false), "Content-Length: 4\r\n\r\n");
  EXPECT_EQ(written(200, true, true), "Transfer-Encoding: chunked\r\n\r\n");
}

TEST(ResponseWriter, KeepsToAKnownLength) {
  ResponseWriter writer;
  writer.start({200, {}, {}}, 4, "");
  writer.write("abcdef");
  writer.write("g");
  EXPECT_EQ(writer.bytesWritten(), 4U);
  EXPECT_TRUE(writer.end(Persist::kKeep));
  EXPECT_EQ(taken(writer), "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd");
  writer.reset({});
  writer.start({200, {}, {}}, 4, "");
  writer.write("abc");
  EXPECT_FALSE(writer.end(Persist::kKeep));
  EXPECT_TRUE(writer.aborted());
  EXPECT_TRUE(writer.closes());
  EXPECT_EQ(taken(writer), "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc");
}

TEST(ResponseWriter, IsNotLedToWriteAnInterimStatus) {
  for (const int status : {0, 99, 100, 101, 199, 1000, -1}) {
    ResponseWriter writer;
    writer.start({status, {}, {}}, std::nullopt, "");
    EXPECT_TRUE(writer.end(Persist::kKeep));
    EXPECT_EQ(taken(writer).substr(0, 13), "HTTP/1.1 500 ") << status;
  }
}

TEST(ResponseWriter, GivesAllBytesOfALongStream) {
  ResponseWriter writer;
  writer.start({200, {}, {}}, 1'000'000, "");
  std::string sent;
  for (int i = 0; i < 1000; ++i) {
    writer.write(std::string(1000, static_cast<char>('a' + i % 26)));
    writer.frame(Persist::kKeep);
    const std::size_t count = std::min<std::size_t>(writer.unsent().size(), 700);
    sent += writer.unsent().substr(0, count);
    writer.sent(count);
  }
  EXPECT_TRUE(writer.end(Persist::kKeep));
  sent += taken(writer);
  const std::string body = sent.substr(sent.find("\r\n\r\n") + 4);
  ASSERT_EQ(body.size(), 1'000'000U);
  for (std::size_t i = 0; i < body.size(); ++i) {
    ASSERT_EQ(body[i], static_cast<char>('a' + i / 1000 % 26));
  }
}

}  // namespace
}  // namespace wagi::http
