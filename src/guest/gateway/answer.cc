#include "guest/gateway/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <utility>

#include "base/text.h"

namespace wagi::gateway {
namespace {

// Most header blocks are shorter, so they need one allocation.
constexpr std::size_t kBlockBytesUsual = 256;

// Fields between two neighbours (RFC 9110 7.6.1): how the answer travels is the server's business.
bool isHopByHop(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames = {"connection", "keep-alive",        "te",
                                                      "trailer",    "transfer-encoding", "upgrade"};
  return std::ranges::any_of(kNames, [&](auto known) { return equalsIgnoringCase(name, known); }) ||
         equalsIgnoringCase(name.substr(0, 6), "proxy-");
}

// Whether the server sends its own field in place of the guest's: it has the clock (RFC 9110
// 6.6.1), and is the Server.
bool isServersOwn(std::string_view name) {
  return equalsIgnoringCase(name, "date") || equalsIgnoringCase(name, "server");
}

}  // namespace

std::size_t AnswerParser::feed(std::string_view bytes) {
  assert(state_ == State::kMore);
  if (block_.capacity() < kBlockBytesUsual) block_.reserve(kBlockBytesUsual);
  std::size_t taken = 0;
  while (taken < bytes.size()) {
    const std::string_view rest = bytes.substr(taken);
    const std::size_t end = rest.find('\n');
    const bool whole = end != std::string_view::npos;
    std::string_view piece = rest.substr(0, end);
    const std::size_t count = piece.size() + (whole ? 1 : 0);
    if (count > limits_.header_bytes_max - fed_) {
      fail(500, fmt::format("The module's header is over {} bytes", limits_.header_bytes_max));
      break;
    }
    taken += count;
    fed_ += count;
    for (std::size_t cr; (cr = piece.find('\r')) != std::string_view::npos;) {
      block_.append(piece.substr(0, cr));
      piece.remove_prefix(cr + 1);
    }
    block_.append(piece);
    if (!whole) break;
    const bool first = !std::exchange(first_line_done_, true);
    if (block_.size() > line_start_) {
      block_.push_back('\n');
      line_start_ = block_.size();
    } else if (!first) {
      parseBlock();
      break;
    }
  }
  return taken;
}

void AnswerParser::finish() {
  if (state_ != State::kMore) return;
  fail(500, fed_ == 0 ? "The module printed nothing"
                      : "The module's output ended before the blank line after its header");
}

void AnswerParser::reset() {
  block_.clear();
  fields_.clear();
  dropped_.clear();
  state_ = State::kMore;
  line_start_ = fed_ = 0;
  first_line_done_ = false;
  status_ = 0;
  reason_ = {};
  content_type_ = location_ = std::nullopt;
  content_length_ = std::nullopt;
  content_lengths_differ_ = false;
  failure_ = {};
}

void AnswerParser::fail(int status, std::string message) {
  state_ = State::kFailed;
  failure_ = {status, std::move(message)};
}

void AnswerParser::parseBlock() {
  std::size_t lines = 0;
  for (std::string_view rest = block_; !rest.empty();) {
    const std::size_t end = rest.find('\n');  // Each line has one.
    if (++lines > limits_.fields_max) {
      return fail(500, fmt::format("The module's header has over {} lines", limits_.fields_max));
    }
    parseLine(rest.substr(0, end));
    if (state_ == State::kFailed) return;
    rest.remove_prefix(end + 1);
  }
  if (!content_type_ && !location_ && status_ == 0) {
    return fail(500, "Exactly one of 'location' or 'content-type' must be specified");
  }
  if (status_ == 0) status_ = location_ ? 302 : 200;
  state_ = State::kHead;
}

void AnswerParser::parseLine(std::string_view line) {
  line = trim(line);
  if (line.empty()) return;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    dropped_.push_back({line, "it has no ':'"});
    return;
  }
  takeField(line, {trim(line.substr(0, colon)), trim(line.substr(colon + 1))});
}

void AnswerParser::takeField(std::string_view line, Field field) {
  const std::string_view name = field.name;
  if (equalsIgnoringCase(name, "status")) return takeStatus(field.value);
  if (!isToken(name)) {
    dropped_.push_back({line, "its name is not a header's"});
  } else if (!isFieldValue(field.value)) {
    dropped_.push_back({line, "its value has control characters"});
  } else if (isHopByHop(name)) {
    dropped_.push_back({line, "the connection is the server's own"});
  } else if (equalsIgnoringCase(name, "content-type")) {
    takeSingle(field, content_type_);
  } else if (equalsIgnoringCase(name, "location")) {
    takeSingle(field, location_);
  } else if (equalsIgnoringCase(name, "content-length")) {
    takeContentLength(line, field.value);
  } else if (!isServersOwn(name)) {
    fields_.push_back(field);
  }
}

void AnswerParser::takeStatus(std::string_view value) {
  const std::string_view code = value.substr(0, value.find_first_of(kBlanks));
  const bool digits = code.size() == 3 && std::ranges::all_of(code, isDigit);
  // A 1xx isn't a final answer (RFC 9110 15.2), and there is no class above 5xx.
  if (!digits || code[0] < '2' || code[0] > '5' || !isFieldValue(value)) {
    return fail(502, "The module's status is none that HTTP knows");
  }
  status_ = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
  reason_ = trim(value.substr(code.size()));
}

void AnswerParser::takeContentLength(std::string_view line, std::string_view value) {
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  if (error != std::errc() || end != value.data() + value.size()) {
    dropped_.push_back({line, "it is not a length"});
  } else if (content_lengths_differ_ || (content_length_ && *content_length_ != length)) {
    dropped_.push_back({line, "it contradicts the one before"});
    content_lengths_differ_ = true;
    content_length_ = std::nullopt;
  } else {
    content_length_ = length;
  }
}

void AnswerParser::takeSingle(Field field, std::optional<std::size_t>& at) {
  if (!at) {
    at = fields_.size();
    fields_.push_back(field);
    return;
  }
  // An answer has one type and one target: the last one that the guest prints, as in Wagi.
  const Field old = std::exchange(fields_[*at], field);
  const char* const end = old.value.data() + old.value.size();
  dropped_.push_back({{old.name.data(), end}, "another one follows it"});
}

}  // namespace wagi::gateway
