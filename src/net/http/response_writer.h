// One answer after another as the bytes of HTTP/1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/message.h"

namespace wagi::http {

// The standard phrase of a status (RFC 9110 15), "Unknown" where there is none.
[[nodiscard]] std::string_view reasonPhrase(int status);

// Decides the framing and holds the bytes until they are sent. The head of an answer waits for the
// first frame() or end(): a body that is whole by then leaves with its Content-Length, in one
// piece with the head. Pure; belongs to one session.
class ResponseWriter {
 public:
  static constexpr std::size_t kKeptBytes = 2048;  // Capacity that an idle connection keeps.

  enum class Persist { kKeep, kClose };
  struct Request {
    bool is_head = false;
    bool is_http_1_0 = false;
  };

  // Begins the answer to the next request; earlier bytes stay to be sent.
  void reset(Request request);

  // `standard_fields`: lines for every answer, each with its CRLF. REQUIRES: !started().
  void start(const ResponseHead& head, std::optional<std::uint64_t> content_length,
             std::string_view standard_fields);
  [[nodiscard]] bool started() const { return state_ != State::kNew; }
  // The body's next bytes; those over the known length, or of an answer without a body, are
  // dropped. REQUIRES: started(), not ended().
  void write(std::string_view bytes);
  [[nodiscard]] std::uint64_t bytesWritten() const { return written_; }

  // Makes everything written so far ready to send. `persist` matters while the head waits only.
  void frame(Persist persist);
  // The answer is whole. False: it is shorter than it was declared, so it ended as by abort().
  bool end(Persist persist);
  // The answer breaks off here, or never begins: the connection must close. REQUIRES: not ended().
  void abort();
  [[nodiscard]] bool ended() const { return state_ == State::kEnded || aborted(); }
  [[nodiscard]] bool aborted() const { return state_ == State::kAborted; }
  // Nothing of the answer can have been sent yet.
  [[nodiscard]] bool retractable() const { return state_ == State::kNew || state_ == State::kHeld; }
  // Forgets the answer. REQUIRES: retractable().
  void retract();
  // The answer, as framed, ends the connection.
  [[nodiscard]] bool closes() const { return persist_ == Persist::kClose; }
  // The end of the connection is the end of the body, so that only a reset can tell of an abort.
  [[nodiscard]] bool endsByClose() const { return framing_ == Framing::kClose; }

  // An interim answer (RFC 9110 15.2). REQUIRES: !started().
  void writeContinue() { out_ += "HTTP/1.1 100 Continue\r\n\r\n"; }

  // The bytes that can be sent now.
  [[nodiscard]] std::string_view unsent() const;
  void sent(std::size_t count);
  // All bytes that wait here, ready to send or not.
  [[nodiscard]] std::size_t pendingBytes() const { return out_.size() - sent_ + held_.size(); }
  // Gives back memory. REQUIRES: pendingBytes() is 0.
  void shrink();

 private:
  enum class State { kNew, kHeld, kStreaming, kEnded, kAborted };
  enum class Framing { kNone, kLength, kChunked, kClose };
  enum class Extent { kWhole, kPart };

  static constexpr std::size_t kNoChunk = std::string::npos;

  void finishHead(Extent extent, Persist persist);
  void appendBody(std::string_view bytes);
  void closeChunk();
  [[nodiscard]] bool bodyless() const;

  std::string out_;  // Ready to send from sent_ on, up to head_at_ while a head is held.
  std::size_t sent_ = 0;
  std::size_t head_at_ = 0;
  std::size_t chunk_at_ = kNoChunk;  // Where the size of the open chunk stands.
  std::string held_;                 // The body so far, while the head is held.
  Request request_;
  State state_ = State::kNew;
  Framing framing_ = Framing::kNone;
  int status_ = 0;
  Persist persist_ = Persist::kKeep;
  std::optional<std::uint64_t> content_length_;
  std::uint64_t written_ = 0;
};

}  // namespace wagi::http
