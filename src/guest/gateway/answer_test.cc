#include "guest/gateway/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace wagi::gateway {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kNoHeader =
    "Exactly one of 'location' or 'content-type' must be specified";

// One answer's outcome in words: "STATUS REASON|name: value|...|" or "STATUS! message".
std::string outcome(const AnswerParser& parser) {
  if (parser.state() == AnswerParser::State::kMore) return "more";
  if (parser.state() == AnswerParser::State::kFailed) {
    return std::to_string(parser.failure().status) + "! " + parser.failure().message;
  }
  const ResponseHead head = parser.head();
  std::string text = std::to_string(head.status) + " " + std::string(head.reason) + "|";
  for (const auto& [name, value] : head.fields) {
    text.append(name).append(": ").append(value).append("|");
  }
  return text;
}

// Feeds `output` in pieces of `piece` bytes as a worker does; bytes behind the header go to `body`.
void feed(AnswerParser& parser, std::string_view output, std::size_t piece, std::string& body) {
  for (; !output.empty(); output.remove_prefix(std::min(piece, output.size()))) {
    std::string_view bytes = output.substr(0, piece);
    if (parser.state() == AnswerParser::State::kMore) bytes.remove_prefix(parser.feed(bytes));
    body.append(bytes);
  }
  parser.finish();
}

// The outcome for `output`, which must be the same in whatever pieces it comes.
std::string read(std::string_view output) {
  AnswerParser whole;
  std::string body;
  feed(whole, output, output.size() + 1, body);
  for (const std::size_t piece : {1, 2, 3, 7}) {
    AnswerParser parser;
    std::string same_body;
    feed(parser, output, piece, same_body);
    EXPECT_EQ(outcome(parser), outcome(whole)) << "in pieces of " << piece;
    if (whole.state() == AnswerParser::State::kHead) {
      EXPECT_EQ(same_body, body);
    }
  }
  return outcome(whole) + (whole.state() == AnswerParser::State::kHead ? body : "");
}

std::vector<std::string> dropped(std::string_view output) {
  AnswerParser parser;
  parser.feed(output);
  std::vector<std::string> list;
  for (const auto& [line, reason] : parser.dropped()) {
    list.push_back(std::string(line).append(" (").append(reason).append(")"));
  }
  return list;
}

TEST(AnswerTest, HeaderBlankLineBody) {
  EXPECT_EQ(read("Content-Type: text/plain\n\nhello\n\nyou"),
            "200 |Content-Type: text/plain|hello\n\nyou");
  EXPECT_EQ(read("content-type:text/plain\n\n"), "200 |content-type: text/plain|");
}

TEST(AnswerTest, CrIsIgnoredInTheHeaderOnly) {
  EXPECT_EQ(read("Content-Type: text/plain\r\n\r\na\r\n\r\nb"),
            "200 |Content-Type: text/plain|a\r\n\r\nb");
  EXPECT_EQ(read("Content-\rType: a\r\r\n\r\r\nb"), "200 |Content-Type: a|b");
  EXPECT_EQ(read("Content-Type: a\r\n\n\rb"), "200 |Content-Type: a|\rb");
}

TEST(AnswerTest, FedBytesOfTheHeaderAreCounted) {
  AnswerParser parser;
  EXPECT_EQ(parser.feed("Content-Type: a\r\n"), 17u);
  EXPECT_EQ(parser.state(), AnswerParser::State::kMore);
  EXPECT_EQ(parser.feed("\r\nbody"), 2u);
  EXPECT_EQ(parser.state(), AnswerParser::State::kHead);
}

TEST(AnswerTest, NamesHaveNoCase) {
  EXPECT_EQ(read("CONTENT-TYPE: a\nsTaTuS: 404\n\n"), "404 |CONTENT-TYPE: a|");
}

TEST(AnswerTest, BlanksAroundValuesAreStripped) {
  EXPECT_EQ(read("Content-Type : \t a b \t\nX-Empty:\nX-Blank: \n\n"),
            "200 |Content-Type: a b|X-Empty: |X-Blank: |");
}

TEST(AnswerTest, SomethingMustSayWhatItIs) {
  EXPECT_EQ(read("X-A: b\n\nbody"), "500! " + std::string(kNoHeader));
  EXPECT_EQ(read("\n\nbody"), "500! " + std::string(kNoHeader));
  EXPECT_EQ(read("\r\n\r\nContent-Type: a\n\n"), "500! " + std::string(kNoHeader));
  EXPECT_EQ(read("Status: 204\n\n"), "204 |");
}

TEST(AnswerTest, OneLineBreakBeforeTheHeaderMeansNothing) {
  EXPECT_EQ(read("\nContent-Type: a\nX-A: b\n\nbody\n"), "200 |Content-Type: a|X-A: b|body\n");
  EXPECT_EQ(read("\r\nContent-Type: a\r\n\r\n\r\n"), "200 |Content-Type: a|\r\n");
}

TEST(AnswerTest, BlanksAroundALineMeanNothing) {
  EXPECT_EQ(read("\n    Content-Type: a\n    Status: 201\n\n  body"),
            "201 |Content-Type: a|  body");
  EXPECT_EQ(read("  \n\tContent-Type \t:\ta \n \t\nX: y\n\n"), "200 |Content-Type: a|X: y|");
  EXPECT_THAT(dropped("  \nContent-Type: a\n \n\n"), IsEmpty());
}

TEST(AnswerTest, UnfinishedHeaderFails) {
  EXPECT_EQ(read(""), "500! The module printed nothing");
  const std::string half = "500! The module's output ended before the blank line after its header";
  EXPECT_EQ(read("Hello, world\n"), half);
  EXPECT_EQ(read("Content-Type: text/plain\n"), half);
  EXPECT_EQ(read("Content-Type: text/plain"), half);
  EXPECT_EQ(read("\r"), half);
  EXPECT_EQ(read("\nbody"), half);
}

TEST(AnswerTest, FinishAfterTheHeadChangesNothing) {
  AnswerParser parser;
  parser.feed("Status: 204\n\n");
  parser.finish();
  EXPECT_EQ(outcome(parser), "204 |");
}

TEST(AnswerTest, StatusIsCodeAndReason) {
  EXPECT_EQ(read("Status: 404 Not  Here\n\n"), "404 Not  Here|");
  EXPECT_EQ(read("Status: 599\t\n\n"), "599 |");
  EXPECT_EQ(read("Status:200\nContent-Type: a\n\n"), "200 |Content-Type: a|");
  EXPECT_EQ(read("Status: 404\nStatus: 200 OK\n\n"), "200 OK|");
}

TEST(AnswerTest, StatusThatIsNoneGives502) {
  for (const std::string& status :
       {""s, "OK"s, "20"s, "2000"s, "-200"s, "+200"s, "0x1"s, "200OK"s, "099"s, "100"s,
        "101 Switching Protocols"s, "600"s, "999"s, "2 00"s, "200 \x01"s, "\0"s}) {
    EXPECT_THAT(read("Content-Type: a\nStatus: " + status + "\n\n"), HasSubstr("502! ")) << status;
  }
}

TEST(AnswerTest, LocationIs302UnlessAStatusIsGiven) {
  EXPECT_EQ(read("Location: /a\n\n"), "302 |Location: /a|");
  EXPECT_EQ(read("Location: /a\nStatus: 301 Moved\n\n"), "301 Moved|Location: /a|");
  EXPECT_EQ(read("Status: 201\nlocation: /a\nContent-Type: b\n\n"),
            "201 |location: /a|Content-Type: b|");
}

TEST(AnswerTest, RepeatedHeadersAllArrive) {
  EXPECT_EQ(read("Set-Cookie: a=1\nContent-Type: x\nset-cookie: b=2\n\n"),
            "200 |Set-Cookie: a=1|Content-Type: x|set-cookie: b=2|");
}

TEST(AnswerTest, LastTypeAndTargetCount) {
  constexpr std::string_view kTwice =
      "Content-Type: a\nLocation: /a\nX: y\ncontent-type: b\nLocation: /b\n\n";
  EXPECT_EQ(read(kTwice), "302 |content-type: b|Location: /b|X: y|");
  EXPECT_THAT(dropped(kTwice), ElementsAre("Content-Type: a (another one follows it)",
                                           "Location: /a (another one follows it)"));
}

TEST(AnswerTest, InvalidHeadersAreDroppedAndReported) {
  const std::string output =
      "Content-Type: a\nHTTP/1.1 200 OK\nX Y: z\n : none\nX-A: \x01\nX-B: \x7f\n\n"s;
  EXPECT_EQ(read(output), "200 |Content-Type: a|");
  EXPECT_THAT(dropped(output),
              ElementsAre("HTTP/1.1 200 OK (it has no ':')", "X Y: z (its name is not a header's)",
                          ": none (its name is not a header's)",
                          "X-A: \x01 (its value has control characters)",
                          "X-B: \x7f (its value has control characters)"));
}

TEST(AnswerTest, InvalidTypeIsNone) {
  EXPECT_EQ(read("Content-Type: \x01\n\nbody"), "500! " + std::string(kNoHeader));
}

TEST(AnswerTest, BinaryIsHandled) {
  EXPECT_EQ(read("\0\x80\xff:\xfe\n\xff\n\n"s), "500! " + std::string(kNoHeader));
  EXPECT_EQ(read("Content-Type: a\n\xff\xfe: b\nX-A: \0\n\n\0\n"s), "200 |Content-Type: a|\0\n"s);
  EXPECT_EQ(read("Content-Type: caf\xc3\xa9\n\n"), "200 |Content-Type: caf\xc3\xa9|");
}

TEST(AnswerTest, FramingIsTheServersOwn) {
  const std::string output =
      "Content-Type: a\nConnection: close\nKeep-Alive: 1\nProxy-Connection: x\n"
      "Proxy-Authenticate: x\nTE: x\nTrailer: x\nTransfer-Encoding: chunked\nUpgrade: h2c\n\n";
  EXPECT_EQ(read(output), "200 |Content-Type: a|");
  EXPECT_EQ(dropped(output).size(), 8u);
  EXPECT_THAT(dropped(output), testing::Contains("Transfer-Encoding: chunked (the connection is "
                                                 "the server's own)"));
}

// A program that prints a Date or a Server does so in each answer, so a log line would be noise.
TEST(AnswerTest, DateAndServerAreDroppedSilently) {
  constexpr std::string_view kOutput = "Content-Type: a\nDate: now\nServer: me\n\n";
  EXPECT_EQ(read(kOutput), "200 |Content-Type: a|");
  EXPECT_THAT(dropped(kOutput), IsEmpty());
}

std::optional<std::uint64_t> contentLength(std::string_view lines) {
  AnswerParser parser;
  parser.feed(std::string("Content-Type: a\n").append(lines).append("\n\n"));
  EXPECT_EQ(outcome(parser), "200 |Content-Type: a|") << "it is no field";
  return parser.contentLength();
}

TEST(AnswerTest, ContentLengthIsSetApart) {
  EXPECT_EQ(contentLength("Content-Length: 12"), 12u);
  EXPECT_EQ(contentLength("content-length:0"), 0u);
  EXPECT_EQ(contentLength("Content-Length: 5\nContent-Length: 5"), 5u);
}

TEST(AnswerTest, ContentLengthThatIsNoneIsIgnored) {
  for (const char* value : {"", "-1", "+1", "1 2", "1,1", "0x10", "99999999999999999999", "ten"}) {
    const std::string line = std::string("Content-Length: ") + value;
    EXPECT_EQ(contentLength(line), std::nullopt) << value;
    EXPECT_EQ(dropped("Content-Type: a\n" + line + "\n\n").size(), 1u) << value;
  }
  EXPECT_EQ(contentLength("Content-Length: 1\nContent-Length: 2\nContent-Length: 1"), std::nullopt);
}

TEST(AnswerTest, HeaderOverItsLimitFails) {
  const std::string head = "Content-Type: a\nX: ";
  const auto sized = [&head](std::size_t bytes) {
    return head + std::string(bytes - head.size() - 2, 'x') + "\n\n";
  };
  AnswerParser fits;
  EXPECT_EQ(fits.feed(sized(64 << 10)), std::size_t{64 << 10});
  EXPECT_EQ(fits.state(), AnswerParser::State::kHead);
  EXPECT_EQ(read(sized((64 << 10) + 1)), "500! The module's header is over 65536 bytes");
  EXPECT_EQ(read(std::string(1 << 20, 'x')), "500! The module's header is over 65536 bytes");
  EXPECT_EQ(read(std::string(1 << 17, '\r')), "500! The module's header is over 65536 bytes");
}

TEST(AnswerTest, TooManyLinesFail) {
  AnswerParser few({.header_bytes_max = 1'000, .fields_max = 2});
  few.feed("Content-Type: a\nX: y\n\n");
  EXPECT_EQ(few.state(), AnswerParser::State::kHead);
  AnswerParser many({.header_bytes_max = 1'000, .fields_max = 2});
  many.feed("Content-Type: a\nX: y\nX: z\n\n");
  EXPECT_EQ(outcome(many), "500! The module's header has over 2 lines");
}

TEST(AnswerTest, ResetForgetsEverything) {
  AnswerParser parser;
  parser.feed("Status: 404 Gone\nLocation: /a\nContent-Length: 1\nContent-Length: 2\nbad\n\n");
  parser.reset();
  EXPECT_EQ(parser.state(), AnswerParser::State::kMore);
  parser.feed("Content-Type: a\nContent-Length: 3\n\n");
  EXPECT_EQ(outcome(parser), "200 |Content-Type: a|");
  EXPECT_EQ(parser.contentLength(), 3u);
  EXPECT_THAT(parser.dropped(), IsEmpty());
  parser.reset();
  parser.finish();
  EXPECT_EQ(outcome(parser), "500! The module printed nothing");
}

}  // namespace
}  // namespace wagi::gateway
