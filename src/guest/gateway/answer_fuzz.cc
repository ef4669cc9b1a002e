// Fuzzes the parser of a guest's stdout: its result must not depend on the pieces in which the
// output comes, and every field that it passes on must be fit to be sent.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/fuzzing.h"
#include "guest/gateway/answer.h"

using wagi::Field;
using wagi::require;
using wagi::gateway::AnswerParser;
using State = AnswerParser::State;

namespace {

// Feeds `output` in pieces of `piece` bytes; returns how many bytes belonged to the header.
std::size_t feed(AnswerParser& parser, std::string_view output, std::size_t piece) {
  std::size_t taken = 0;
  while (taken < output.size() && parser.state() == State::kMore) {
    const std::string_view bytes = output.substr(taken, piece);
    const std::size_t count = parser.feed(bytes);
    require(count == bytes.size() || parser.state() != State::kMore);
    taken += count;
  }
  parser.finish();
  return taken;
}

bool same(const Field& a, const Field& b) { return a.name == b.name && a.value == b.value; }

bool isSendable(const Field& field) {
  constexpr std::string_view kLineEnds("\r\n\0", 3);
  return !field.name.empty() && field.name.find_first_of(kLineEnds) == std::string_view::npos &&
         field.name.find_first_of(": ") == std::string_view::npos &&
         field.value.find_first_of(kLineEnds) == std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view output(reinterpret_cast<const char*>(data), size);
  const AnswerParser::Limits limits{.header_bytes_max = 4096, .fields_max = 32};
  AnswerParser whole(limits);
  const std::size_t taken = feed(whole, output, size + 1);
  AnswerParser pieces(limits);
  pieces.feed("Location: /\nStatus: 999\n\n");
  pieces.reset();
  const std::size_t pieces_taken = feed(pieces, output, size % 5 + 1);

  require(whole.state() == pieces.state());
  if (whole.state() == State::kFailed) {
    require(whole.failure().status == pieces.failure().status);
    require(whole.failure().message == pieces.failure().message);
    require(!whole.failure().message.empty());
    return 0;
  }
  const auto head = whole.head();
  const auto other = pieces.head();
  require(taken == pieces_taken && taken <= limits.header_bytes_max);
  require(head.status == other.status && head.status >= 200 && head.status <= 599);
  require(head.reason == other.reason &&
          head.reason.find_first_of("\r\n") == std::string_view::npos);
  require(std::ranges::equal(head.fields, other.fields, same));
  require(std::ranges::all_of(head.fields, isSendable));
  require(whole.contentLength() == pieces.contentLength());
  return 0;
}
