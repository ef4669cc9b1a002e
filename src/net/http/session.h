// One connection of a client: its requests in turn, each as an Exchange.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/intrusive/list_hook.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "net/http/connection.h"
#include "net/http/exchange.h"
#include "net/http/inbox.h"
#include "net/http/request_parser.h"
#include "net/http/response_writer.h"
#include "net/http/turns.h"

namespace wagi::http {

class Sessions;
class TlsContext;

// run() is the whole life of a connection, as one coroutine. It suspends in one place only,
// suspendUntil(), and what it waits for wakes it: bytes, room to write, a deadline, a timer. Each
// wait then looks for itself whether it has ended, so a needless wake does no harm, and kill() can
// end any of them from outside.
//
// Reference-counted because callbacks in the event loop outlive the connection by a turn.
class Session final : public Exchange,
                      public boost::intrusive_ref_counter<Session, boost::thread_unsafe_counter>,
                      public boost::intrusive::list_base_hook<>,
                      public TurnTaker {
 public:
  Session(Sessions& sessions, UniqueFd socket, int family, std::string remote_address,
          const TlsContext* tls);

  void begin();
  [[nodiscard]] Clock::time_point wakeAt() const { return wake_at_; }
  // Lets run() see whether what it waits for has come.
  void wake();
  // Whether the client is found to have left while nothing is read from it, because there is no
  // room for more of its body. Costs a system call then, else nothing.
  [[nodiscard]] bool noticeEnd();
  // Ends the connection and run() before it returns. REQUIRES: run() isn't on the stack, and the
  // task waits through its Exchange.
  void kill();
  void takeTurn() override { wake(); }

  // Exchange.
  [[nodiscard]] const RequestHead& head() const override { return parser_.head(); }
  void setBodyLimit(std::uint64_t bytes_max) override { body_bytes_max_ = bytes_max; }
  [[nodiscard]] std::size_t readBody(std::span<std::byte> out) override;
  [[nodiscard]] std::size_t bodyAvailable() const override { return inbox_.ready().size(); }
  [[nodiscard]] bool bodyComplete() const override { return parser_.bodyComplete(); }
  void start(const ResponseHead& head, std::optional<std::uint64_t> content_length) override;
  [[nodiscard]] bool started() const override { return writer_.started(); }
  void write(std::span<const std::byte> bytes) override;
  [[nodiscard]] std::size_t pendingBytes() const override { return writer_.pendingBytes(); }
  bool end() override;
  void abort() override;
  [[nodiscard]] bool retract() override;
  [[nodiscard]] std::uint64_t bytesWritten() const override { return writer_.bytesWritten(); }
  void setDeadline(Clock::time_point deadline) override { deadline_ = deadline; }
  boost::asio::awaitable<Wake> waitNotified() override;
  void notify() override;
  boost::asio::awaitable<Wake> waitBody() override;
  boost::asio::awaitable<Wake> waitDrained() override;
  boost::asio::awaitable<Wake> waitUntil(Clock::time_point when, OrBody or_body) override;
  boost::asio::awaitable<Wake> yield(Turn turn) override;

 private:
  friend class Sessions;
  using Resume = boost::asio::async_result<boost::asio::use_awaitable_t<>, void()>::handler_type;
  using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>,
                                                  boost::asio::io_context::executor_type>;

  // What a client did to its body that ends the exchange.
  enum class BodyTrouble { kNone, kMalformed, kSilence };

  enum class Moment { kPart, kEnd };

  // session.cc: the life of the connection.
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<bool> shakeHands();
  boost::asio::awaitable<bool> receiveHead();
  void beginExchange();
  [[nodiscard]] bool finishAtOnce();
  boost::asio::awaitable<bool> finishExchange();
  void settleAnswer();
  void endExchange();
  void refuse(int status, std::string_view detail);
  boost::asio::awaitable<void> drain();
  boost::asio::awaitable<void> linger();
  boost::asio::awaitable<void> close();

  // session_exchange.cc: bytes in and out, and the waits of a handler.
  boost::asio::awaitable<void> letOthersRun();
  boost::asio::awaitable<void> suspendUntil(Clock::time_point deadline);
  // Whether a read is under way then: not at the end of input, nor into a full inbox.
  bool armRead(std::size_t wanted);
  void onRead(IoResult result);
  void decodeBody();
  // Sends what is ready. False: some of it waits; whoever suspends is woken to go on.
  bool flush();
  void armWrite();
  void armTimer(Clock::time_point when);
  void sendPart();
  void sendContinue();
  [[nodiscard]] ResponseWriter::Persist persist(Moment moment) const;
  [[nodiscard]] std::size_t bodyBytesWanted() const;
  [[nodiscard]] bool writeStalled() const;
  [[nodiscard]] Clock::time_point writeDeadline() const;
  [[nodiscard]] Clock::time_point waitDeadline() const;
  // Until when the client may take the rest of an answer that its handler has left.
  [[nodiscard]] Clock::time_point answerDeadline() const;
  [[nodiscard]] std::optional<Wake> interrupted();

  Sessions& sessions_;
  const std::string remote_address_;
  Connection connection_;
  Inbox inbox_;
  RequestParser parser_;
  ResponseWriter writer_;

  std::optional<Resume> resume_;  // Where run() waits, while it does.
  Clock::time_point wake_at_ = Clock::time_point::max();
  std::optional<Timer> timer_;  // Of waitUntil(); most sessions never need one.

  bool between_requests_ = false;  // Kept by Sessions::park().
  bool reading_ = false;           // A read into the inbox is under way.
  bool writing_ = false;           // A notice that writing may go on is under way.
  bool blocked_ = false;           // The client took less than there was to send.
  bool eof_ = false;               // The client sends no more.
  bool ended_unread_ = false;      // So it is, behind what isn't read yet.
  bool dead_ = false;              // Nothing can be sent or received any more.
  bool input_lost_ = false;        // The rest of what the client sends is not understood.
  Clock::time_point read_at_;      // When bytes came last.
  Clock::time_point written_at_;   // When it last took bytes, while blocked_.
  std::size_t burst_ = 0;          // Pipelined answers that wait to leave in one write.
  bool burst_ended_ = false;       // Others are due before the next request of the pipeline.

  // Of the exchange.
  bool in_exchange_ = false;
  bool continued_ = false;  // "100 Continue" was sent.
  bool notified_ = false;   // notify() was called, and nobody has waited for it yet.
  bool abandoned_ = false;  // abort() was called before start().
  BodyTrouble body_trouble_ = BodyTrouble::kNone;
  std::uint64_t body_bytes_max_ = 0;
  std::optional<Clock::time_point> part_due_;  // Once its handler has yielded.
  Clock::time_point deadline_ = Clock::time_point::max();
};

}  // namespace wagi::http
