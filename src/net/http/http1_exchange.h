// One request of HTTP/1 and its answer.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/clock.h"
#include "net/http/connection.h"
#include "net/http/exchange.h"
#include "net/http/request_parser.h"
#include "net/http/response_writer.h"

namespace wagi::http {

// Belongs to a Http1Session, which renews it for each of its requests and lends it the waiter of
// the connection: one request is under way at a time, and only while it is does the session wait
// for nothing itself.
class Http1Exchange final : public Exchange {
 public:
  // An answer that goes on for longer than this leaves in parts while its handler computes; a
  // shorter one stays whole.
  static constexpr std::chrono::milliseconds kPartAfter{2};

  // The faults of a client's body that end the exchange.
  enum class BodyTrouble : std::uint8_t { kNone, kMalformed, kSilence };

  // Borrows all three.
  Http1Exchange(Connection& connection, RequestParser& parser, ResponseWriter& writer);
  ~Http1Exchange() override;

  // --- For the session.

  // REQUIRES: the parser has read a whole head, with which the inbox begins.
  void begin();
  // Ends the exchange; the rest of the body is dropped.
  void finish();
  [[nodiscard]] bool isOpen() const { return open_; }
  [[nodiscard]] BodyTrouble bodyTrouble() const { return body_trouble_; }
  // Makes what was received of the body available.
  void decodeBody();
  // Receives more of it.
  void receiveBody();
  // Sends what is ready. False: some of it waits; whoever suspends is woken to go on.
  bool flush();

  // Exchange.
  [[nodiscard]] const RequestHead& head() const override { return parser_.head(); }
  [[nodiscard]] std::size_t readBody(std::span<std::byte> out) override;
  [[nodiscard]] std::size_t bodyAvailable() const override {
    return connection_.inbox().ready().size();
  }
  [[nodiscard]] bool bodyComplete() const override { return parser_.bodyComplete(); }
  void start(const ResponseHead& head, std::optional<std::uint64_t> content_length) override;
  [[nodiscard]] bool started() const override { return writer_.started(); }
  void write(std::span<const std::byte> bytes) override;
  [[nodiscard]] std::size_t pendingBytes() const override { return writer_.pendingBytes(); }
  [[nodiscard]] std::uint64_t bytesWritten() const override { return writer_.bytesWritten(); }
  bool end() override;
  void abort() override;
  [[nodiscard]] bool retract() override;

 private:
  using Persist = ResponseWriter::Persist;
  enum class Moment : std::uint8_t { kPart, kEnd };

  // loop::Peer.
  void beginWait(const loop::Wait& wait) override;
  [[nodiscard]] Standing look() override;
  [[nodiscard]] Clock::Time listen() override;
  [[nodiscard]] bool hasLeftUnseen() override;

  void receive(std::size_t wanted);
  void sendContinue();
  void endPart();
  [[nodiscard]] Persist persist(Moment moment) const;
  // When a wait for input ends by the client's silence. A handler that waits with a time of its own
  // lets the client be silent.
  [[nodiscard]] Clock::Time silenceDeadline() const;

  Connection& connection_;
  RequestParser& parser_;
  ResponseWriter& writer_;
  bool open_ = false;
  bool continue_sent_ = false;
  BodyTrouble body_trouble_ = BodyTrouble::kNone;
  loop::Wait wait_;                      // The latest.
  std::optional<Clock::Time> part_due_;  // Once its handler has yielded.
};

}  // namespace wagi::http
