// One request and its answer, whatever the version of HTTP under it, and who answers them.
//
// The session that read the request owns the Exchange; everything happens on the worker's event
// loop. The body is taken as the handler asks for it and the answer leaves as the handler writes
// it, so both directions run in bounded memory.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/message.h"

namespace wagi::http {

using Clock = std::chrono::steady_clock;

// Why a wait ended.
enum class Wake {
  kReady,     // What was waited for has come.
  kGone,      // The client closed its connection, or stopped reading or sending for too long.
  kExpired,   // The deadline of the exchange passed.
  kTooLarge,  // The body is over body_bytes_max (only from waitBody, for a chunked body).
};

class Exchange {
 public:
  virtual ~Exchange() = default;

  // Valid until the exchange ends.
  [[nodiscard]] virtual const RequestHead& head() const = 0;

  // --- The body.

  // A chunked body over this ends waitBody() with kTooLarge. 0: no limit. A body with a
  // Content-Length is the handler's to refuse.
  virtual void setBodyLimit(std::uint64_t bytes_max) = 0;
  // Moves body bytes that are already here into `out`: their count, 0 when none are here.
  [[nodiscard]] virtual std::size_t readBody(std::span<std::byte> out) = 0;
  // How many bytes readBody() would give now.
  [[nodiscard]] virtual std::size_t bodyAvailable() const = 0;
  // Whether the whole body has come; bytes may still be available.
  [[nodiscard]] virtual bool bodyComplete() const = 0;

  // --- The answer: start(), write() as often as needed, then end() or abort().

  // Nothing is sent yet. The head is kept until the answer ends, and leaves with a Content-Length,
  // or until a wait, and leaves as a stream: with `content_length` when the caller knows it, else
  // chunked (HTTP/1.0: until the connection closes).
  virtual void start(const ResponseHead& head,
                     std::optional<std::uint64_t> content_length = std::nullopt) = 0;
  [[nodiscard]] virtual bool started() const = 0;
  // Copies `bytes` behind what waits to be sent. Bytes over a known content_length are dropped, and
  // all of them for HEAD and for statuses without a body.
  virtual void write(std::span<const std::byte> bytes) = 0;
  // Bytes written and not yet handed to the kernel.
  [[nodiscard]] virtual std::size_t pendingBytes() const = 0;
  // The answer is whole; the session sends what is left. False when it fell short of a known
  // content_length: that is an abort.
  virtual bool end() = 0;
  // The answer can't be completed: the client must be able to see that (the connection closes
  // before the last chunk or the full length). REQUIRES: started().
  virtual void abort() = 0;
  // Takes back a started answer of which nothing was sent yet, so that another can be started: a
  // guest that fails after its first lines is then answered by an error. False: some of it is out.
  [[nodiscard]] virtual bool retract() = 0;
  // What write() took so far, framing not counted.
  [[nodiscard]] virtual std::uint64_t bytesWritten() const = 0;

  // --- Waits. They suspend the caller; one at a time. Each sends what was written so far, once
  // the answer is started, before or while it waits. When the client is gone, each says so.

  // Past it every wait ends with kExpired; may be set anew. Checked every 100 ms or oftener.
  virtual void setDeadline(Clock::time_point deadline) = 0;
  // Until body bytes are available or the body is complete. Sends "100 Continue" where it is due.
  virtual boost::asio::awaitable<Wake> waitBody() = 0;
  // Until everything written has been handed to the kernel.
  virtual boost::asio::awaitable<Wake> waitDrained() = 0;
  // Until `when`; kReady early if body bytes come and `or_body` is kOrBody.
  enum class OrBody { kNo, kYes };
  virtual boost::asio::awaitable<Wake> waitUntil(Clock::time_point when, OrBody or_body) = 0;
  // Until notify() is called, or was called since the last such wait.
  virtual boost::asio::awaitable<Wake> waitNotified() = 0;
  // From the loop, at any time while the exchange lives; resumes nobody before it returns.
  virtual void notify() = 0;
  // Behind all who compute, or before them, to go on with a turn that was interrupted.
  enum class Turn { kLast, kNext };
  // Until it is this one's turn to compute: all that is ready goes first, and with kLast all who
  // yielded before. What was written is sent where the answer goes on for longer than kPartAfter: a
  // short one stays whole.
  static constexpr std::chrono::milliseconds kPartAfter{2};
  virtual boost::asio::awaitable<Wake> yield(Turn turn) = 0;
};

// An answer that needs to wait for something. Destroyed as soon as run() returns or its connection
// is gone.
class Task {
 public:
  virtual ~Task() = default;
  // Ends the exchange: when it returns, end() or abort() was called, or a wait said kGone.
  virtual boost::asio::awaitable<void> run() = 0;
};

class Handler {
 public:
  virtual ~Handler() = default;
  // Called when a request's head has come. Either answers at once (end() was called) and returns
  // null, the path without any suspension, or returns the task that goes on.
  virtual std::unique_ptr<Task> begin(Exchange& exchange) = 0;
};

}  // namespace wagi::http
