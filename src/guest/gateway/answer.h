// Parses the header block that a guest prints to stdout, up to its blank line, into an answer's
// head (RFC 3875 6.2, 6.3).
//
// Programs print their header from multi-line strings, so one line break before the first line is
// ignored, and so are blanks around a line. A second line break ends an empty block.
//
// A parser belongs to one request. It takes stdout in pieces of any size and keeps a copy of the
// header block: views in head() and dropped() are good until reset() or the parser's end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/message.h"

namespace wagi::gateway {

class AnswerParser {
 public:
  struct Limits {
    std::size_t header_bytes_max = 64 << 10;  // For the whole block with its blank line.
    std::size_t fields_max = 128;             // For its lines, those that are dropped included.
  };
  enum class State {
    kMore,    // The header block isn't complete yet.
    kHead,    // head() is complete; all further output is the body.
    kFailed,  // failure() says why; the parser takes nothing more.
  };
  // The answer to the client where the guest's header block is no good.
  struct Failure {
    int status = 500;
    std::string message;  // For the client and the log.
  };
  // A header line that isn't passed on to the client, for the log.
  struct Dropped {
    std::string_view line;
    std::string_view reason;
  };

  AnswerParser() = default;
  explicit AnswerParser(Limits limits) : limits_(limits) {}
  // Neither copied nor moved, since its views point into itself.
  AnswerParser(const AnswerParser&) = delete;
  AnswerParser& operator=(const AnswerParser&) = delete;

  // Takes bytes up to the end of the header block, and returns how many of `bytes` belonged to it;
  // the rest is the body's. REQUIRES: state() is kMore.
  std::size_t feed(std::string_view bytes);
  // Tells the parser that the guest's stdout has ended. An incomplete header block is a failure.
  void finish();
  [[nodiscard]] State state() const { return state_; }

  // The head to send; no field of it frames the message. REQUIRES: state() is kHead.
  [[nodiscard]] ResponseHead head() const { return {status_, reason_, fields_}; }
  // The length that the guest states for its body; absent where it states none, one that isn't a
  // number, or two that differ.
  [[nodiscard]] std::optional<std::uint64_t> contentLength() const { return content_length_; }
  // REQUIRES: state() is kFailed.
  [[nodiscard]] const Failure& failure() const { return failure_; }
  [[nodiscard]] const std::vector<Dropped>& dropped() const { return dropped_; }

  // Makes the parser ready for another request; it keeps its memory.
  void reset();

 private:
  void fail(int status, std::string message);
  void parseBlock();
  void parseLine(std::string_view line);
  void takeField(std::string_view line, Field field);
  void takeStatus(std::string_view value);
  void takeContentLength(std::string_view line, std::string_view value);
  void takeSingle(Field field, std::optional<std::size_t>& at);

  Limits limits_;
  State state_ = State::kMore;
  std::string block_;           // Without CR; it is complete before a view of it is taken.
  std::size_t line_start_ = 0;  // Where in block_ the incomplete last line begins.
  std::size_t fed_ = 0;         // Bytes taken so far, CR included.
  bool first_line_done_ = false;

  int status_ = 0;  // 0: the guest has given none.
  std::string_view reason_;
  std::vector<Field> fields_;
  std::optional<std::size_t> content_type_, location_;  // Indexes into fields_.
  std::optional<std::uint64_t> content_length_;
  bool content_lengths_differ_ = false;
  std::vector<Dropped> dropped_;
  Failure failure_;
};

}  // namespace wagi::gateway
