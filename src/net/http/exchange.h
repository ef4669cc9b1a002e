// One request and its answer, whatever the version of HTTP under it, and who answers them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/clock.h"
#include "base/message.h"
#include "net/loop/waiter.h"

namespace wagi::http {

using loop::Wake;

// Bytes of a request, bytes of its answer, and the waiter of the coroutine that answers. Everything
// happens on the worker's event loop. The body is taken as the handler asks for it and the answer
// leaves as the handler writes it, so both directions run in bounded memory.
//
// A version of HTTP implements the functions of the two groups of bytes and those of loop::Peer
// (but isReady(), which follows from the bytes), and owns the exchange and its waiter, one of each
// for every request that is under way; connection.h says what it has for that. It keeps to the
// limits of both directions by itself: it reads no further than Limits::read_buffer_bytes_max ahead
// of the handler, takes a body that doesn't come for Limits::io_max as the client's end, and says
// in pendingBytes() what the client hasn't taken.
class Exchange : public loop::Peer {
 public:
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() override = default;

  // Valid until the exchange ends.
  [[nodiscard]] virtual const RequestHead& head() const = 0;

  // --- The body.

  // Moves body bytes that are already here into `out`: their count, 0 when none are here.
  [[nodiscard]] virtual std::size_t readBody(std::span<std::byte> out) = 0;
  // How many bytes readBody() would give now.
  [[nodiscard]] virtual std::size_t bodyAvailable() const = 0;
  // Whether the whole body has come; bytes may still be available.
  [[nodiscard]] virtual bool bodyComplete() const = 0;

  // --- The answer: start(), write() as often as needed, then end() or abort().

  // Nothing is sent yet. The head is kept until the answer ends, and leaves with a Content-Length,
  // or until a wait, and leaves as a stream: with `content_length` when the caller knows it, else
  // without (in HTTP/1.1 chunked, in HTTP/1.0 until the connection closes).
  virtual void start(const ResponseHead& head,
                     std::optional<std::uint64_t> content_length = std::nullopt) = 0;
  [[nodiscard]] virtual bool started() const = 0;
  // Copies `bytes` behind what waits to be sent. Bytes over a known content_length are dropped, and
  // all of them for HEAD and for statuses without a body.
  virtual void write(std::span<const std::byte> bytes) = 0;
  // Bytes written and not yet handed to the kernel.
  [[nodiscard]] virtual std::size_t pendingBytes() const = 0;
  // How many bytes write() has taken so far, framing not counted.
  [[nodiscard]] virtual std::uint64_t bytesWritten() const = 0;
  // The answer is whole; what is left of it is sent. False when it fell short of a known
  // content_length: that is an abort.
  virtual bool end() = 0;
  // The answer can't be completed: the client must be able to see that (in HTTP/1 the connection
  // closes before the last chunk or the full length). REQUIRES: started().
  virtual void abort() = 0;
  // Takes back a started answer of which nothing was sent yet, so that another can be started: a
  // guest that fails after its first lines is then answered by an error. False: some of it is out.
  [[nodiscard]] virtual bool retract() = 0;

  // --- Waits. They suspend the caller; one at a time. Each sends what was written so far, once the
  // answer is started, before or while it waits. When the client is gone, each says so.

  // Until body bytes are available, the body is complete, or `until`, which is kReady, too; without
  // a time the client must not be silent for too long. Sends "100 Continue" where it is due.
  boost::asio::awaitable<Wake> waitBody(std::optional<Clock::Time> until = std::nullopt) {
    return waiter_.wait({.what = loop::Wait::For::kInput, .until = until});
  }
  // Until everything written has been handed to the kernel.
  boost::asio::awaitable<Wake> waitDrained() {
    return waiter_.wait({.what = loop::Wait::For::kOutput});
  }
  // For a time, a notice or a turn to compute, with a deadline for all waits.
  [[nodiscard]] loop::Waiter& waiter() { return waiter_; }

 protected:
  // Borrows `waiter`, to which the version attaches the exchange.
  explicit Exchange(loop::Waiter& waiter) : waiter_(waiter) {}

 private:
  [[nodiscard]] bool isReady(loop::Wait::For what) const final {
    if (what == loop::Wait::For::kOutput) return pendingBytes() == 0;
    return bodyAvailable() > 0 || bodyComplete();
  }

  loop::Waiter& waiter_;
};

// An answer that needs to wait for something. Destroyed as soon as run() returns or its connection
// is gone.
class Task {
 public:
  virtual ~Task() = default;
  // Ends the exchange: when it returns, end() or abort() was called, or a wait said kGone. Waits
  // for nothing but its exchange and the exchange's waiter.
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
