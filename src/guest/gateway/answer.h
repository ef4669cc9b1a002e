// A guest's stdout up to the blank line that ends its header block, as an answer's head.
//
// Programs print their header from multi-line strings: one line break before the first line, and
// blanks around any line, mean nothing. A second line break is the end of an empty block.
//
// A parser belongs to one request. It is fed stdout in pieces of any size; it keeps a copy of the
// header block, so that what head() views lives as long as the parser, or until reset().
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
    std::size_t header_bytes_max = 64 << 10;  // The whole block with its blank line.
    std::size_t fields_max = 128;
  };
  enum class State {
    kMore,    // The header block isn't complete yet.
    kHead,    // head() is there; what follows is the body.
    kFailed,  // failure() says why; nothing more is taken.
  };
  // What to answer the client instead.
  struct Failure {
    int status = 500;
    std::string message;  // For the client and the log.
  };
  // A header that isn't passed on, for the log. Views as those of head().
  struct Dropped {
    std::string_view line;
    std::string_view reason;
  };

  AnswerParser() = default;
  explicit AnswerParser(Limits limits) : limits_(limits) {}
  // Views point into it.
  AnswerParser(const AnswerParser&) = delete;
  AnswerParser& operator=(const AnswerParser&) = delete;

  // Takes bytes up to the end of the header block, and returns how many of `bytes` belonged to it;
  // the rest is the body's. REQUIRES: state() is kMore.
  std::size_t feed(std::string_view bytes);
  // The guest's stdout ended. A header block that isn't complete is a failure.
  void finish();
  [[nodiscard]] State state() const { return state_; }

  // REQUIRES: state() is kHead. The fields are those to send: none that frames the message.
  [[nodiscard]] ResponseHead head() const { return {status_, reason_, fields_}; }
  // What the guest says of its body's length; absent if it says nothing or nothing usable.
  [[nodiscard]] std::optional<std::uint64_t> contentLength() const { return content_length_; }
  // REQUIRES: state() is kFailed.
  [[nodiscard]] const Failure& failure() const { return failure_; }
  [[nodiscard]] const std::vector<Dropped>& dropped() const { return dropped_; }

  // For the next request; keeps the memory.
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
  std::string block_;           // Without CR; complete before anything views it.
  std::size_t line_start_ = 0;  // Of the line that isn't complete, in block_.
  std::size_t fed_ = 0;         // Bytes taken, CR included.
  bool first_line_done_ = false;

  int status_ = 0;  // 0: none given.
  std::string_view reason_;
  std::vector<Field> fields_;
  std::optional<std::size_t> content_type_, location_;  // Their places in fields_.
  std::optional<std::uint64_t> content_length_;
  bool content_lengths_differ_ = false;
  std::vector<Dropped> dropped_;
  Failure failure_;
};

}  // namespace wagi::gateway
