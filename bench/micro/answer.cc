// Measures how a guest's output becomes the bytes of an HTTP answer.
#include "guest/gateway/answer.h"

#include <cstdlib>
#include <string_view>

#include "micro.h"
#include "net/http/response_writer.h"

namespace wagi::micro {
namespace {

constexpr std::string_view kHeaderBlock = "Content-Type: text/plain\n\n";
constexpr std::string_view kBody = "Hello, world!\n";
constexpr std::string_view kStandardFields =
    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nServer: wagi/" WAGI_VERSION "\r\n";

void parseHeaderBlock(benchmark::State& state) {
  gateway::AnswerParser parser;
  for (auto _ : state) {
    parser.reset();
    benchmark::DoNotOptimize(parser.feed(kHeaderBlock));
    if (parser.state() != gateway::AnswerParser::State::kHead) std::abort();
  }
}

void writeResponse(benchmark::State& state) {
  constexpr Field kType{"Content-Type", "text/plain"};
  http::ResponseWriter writer;
  for (auto _ : state) {
    writer.reset({});
    writer.start({200, {}, {&kType, 1}}, std::nullopt, kStandardFields);
    writer.write(kBody);
    if (!writer.end(http::ResponseWriter::Persist::kKeep)) std::abort();
    const std::string_view bytes = writer.unsent();
    benchmark::DoNotOptimize(bytes.data());
    writer.sent(bytes.size());
  }
}

}  // namespace

std::vector<Benchmark> answerBenchmarks() {
  return {{"answer/header_block", parseHeaderBlock}, {"answer/response", writeResponse}};
}

}  // namespace wagi::micro
