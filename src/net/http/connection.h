// One connection of a client, from its acceptance to its close: bytes both ways.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/intrusive/list_hook.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "net/http/inbox.h"
#include "net/http/socket.h"
#include "net/loop/loop.h"

namespace wagi::http {

class Connections;
class TlsContext;

// Moves bytes and knows nothing of what they mean: that is a session's, of one version of HTTP,
// which run() makes once the connection stands and which lives within it (http1_session.h).
//
// A session is a coroutine that suspends in waiter(), in a loop of its own: it takes what is in
// inbox(), sends, asks for more by receive(), suspends. Whatever happens to the connection wakes
// it. A version with one request at a time lends waiter() to its exchange; one with many makes a
// waiter for each, whose deadlines and notices need nothing of the connection. When lost(), all
// that waits must end without waiting again.
//
// Owned by Connections, and by its callbacks in the event loop, which outlive it a little.
class Connection final
    : public boost::intrusive_ref_counter<Connection, boost::thread_unsafe_counter>,
      public boost::intrusive::list_base_hook<> {
 public:
  // Borrows `all`, until it is removed there, and `tls` (null: plain).
  Connection(Connections& all, UniqueFd socket, int family, std::string remote_address,
             const TlsContext* tls);

  void begin();
  // Ends the connection and run() before it returns. REQUIRES: run() isn't on the stack, and the
  // task waits through its Exchange.
  void kill();

  // --- For its session.

  [[nodiscard]] Connections& all() { return all_; }
  [[nodiscard]] loop::Waiter& waiter() { return waiter_; }
  // As of the loop's last sweep.
  [[nodiscard]] Clock::Time now() const { return loop_.now(); }
  [[nodiscard]] bool isTls() const { return socket_.isTls(); }
  // Null where the client wasn't asked for one.
  [[nodiscard]] const ClientCertificate* clientCertificate() const {
    return socket_.clientCertificate();
  }
  [[nodiscard]] std::string_view remoteAddress() const { return remote_address_; }

  // The bytes that were received and aren't used yet.
  [[nodiscard]] Inbox& inbox() { return inbox_; }
  [[nodiscard]] const Inbox& inbox() const { return inbox_; }
  // Reads once more into the inbox, in which room for `wanted` bytes is made where it can be,
  // unless `unread_max` bytes are in it, or it is full, or the input has ended.
  void receive(std::size_t wanted,
               std::size_t unread_max = std::numeric_limits<std::size_t>::max());
  // When bytes came last, or as set. Whoever begins to wait for some sets it.
  [[nodiscard]] Clock::Time receivedAt() const { return received_at_; }
  void beginSilence() { received_at_ = now(); }
  // The client sends no more, and all that it sent was received.
  [[nodiscard]] bool inputEnded() const { return state_ == State::kEnded; }
  // The same, though bytes that came before may not be received yet.
  [[nodiscard]] bool clientLeft() const {
    return state_ == State::kEnded || state_ == State::kEndsUnread;
  }
  // Whether the client is found to have left while nothing is received, because there is no room.
  // Costs a system call then, else nothing.
  [[nodiscard]] bool hasLeftUnseen();
  // Whether the kernel holds bytes, or their end, for us.
  [[nodiscard]] bool hasInput() const { return socket_.hasInput(); }

  // Hands `bytes` to the kernel: how many it took. Where it took less, and the connection isn't
  // lost, the session is woken to go on.
  [[nodiscard]] std::size_t send(std::string_view bytes);
  // When a client that takes less than there is to send has been patient for io_max.
  [[nodiscard]] Clock::Time sendDeadline() const;
  [[nodiscard]] bool isStalled() const { return now() >= sendDeadline(); }

  // Nothing can be sent or received any more.
  [[nodiscard]] bool isLost() const { return state_ == State::kLost; }
  void lose() { state_ = State::kLost; }

  // --- The ends of a connection: one of the first two, perhaps after the others.

  void close();
  // The client sees a reset, so that it can't take the end for a regular one.
  void reset();
  // Says in TLS that no more will be sent.
  void endTls() { socket_.endTls(); }
  // Lets the client read to the end although what it still sends isn't wanted: closing sooner could
  // reset the connection under it (RFC 9112 9.6).
  boost::asio::awaitable<void> linger();

 private:
  enum class State : std::uint8_t {
    kOpen,
    kEndsUnread,  // The client has closed its side; bytes that came before are still unread.
    kEnded,       // It has, and all was read.
    kLost,        // Nothing can be sent or received any more.
  };

  boost::asio::awaitable<void> run();
  boost::asio::awaitable<bool> shakeHands();
  void onReceived(IoResult result);
  void awaitSendable();

  Connections& all_;
  loop::Loop& loop_;
  loop::Waiter waiter_;
  const std::string remote_address_;
  Socket socket_;
  Inbox inbox_;
  State state_ = State::kOpen;
  bool receiving_ = false;          // The kernel will call back with input (or for the handshake).
  bool awaiting_sendable_ = false;  // It will call back when it takes more.
  Clock::Time received_at_;
  // While the client takes less than there is to send: when it last took some.
  std::optional<Clock::Time> blocked_since_;
};

}  // namespace wagi::http
