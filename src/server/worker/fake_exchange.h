// An exchange without a network, for tests: the body is given beforehand, and what would be sent is
// kept. Its waits are those of a real waiter, on an event loop of its own.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstring>
#include <deque>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/http/exchange.h"
#include "net/loop/loop.h"

namespace wagi::worker {

// Constructed before the exchange that borrows its waiter.
struct FakeLoop {
  const SystemClock clock;
  boost::asio::io_context io;
  loop::Loop loop{io, clock};
  loop::Waiter waiter{loop};
};

class FakeExchange final : private FakeLoop, public http::Exchange {
 public:
  FakeExchange() : http::Exchange(FakeLoop::waiter) {
    FakeLoop::waiter.attach(this);
    head_.method = "GET";
    head_.path = "/";
    head_.protocol = "HTTP/1.1";
    head_.scheme = "http";
    head_.remote_address = "127.0.0.1";
  }
  ~FakeExchange() override { FakeLoop::waiter.attach(nullptr); }

  using http::Exchange::waiter;

  // The test sets these up.
  RequestHead head_;
  std::deque<std::string> body;         // Each piece comes with one waitBody().
  std::optional<http::Wake> next_wake;  // Ends the next wait instead of kReady.
  std::function<void()> on_wait = [] {};

  // These tell what came of it.
  std::vector<std::string> waits;  // The waits that happened, by name.
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string sent;  // Handed to the kernel.
  std::string pending;
  bool ended = false, aborted = false;
  std::string answer() const { return sent + pending; }

  // The result of `task`, which waits through this exchange alone.
  template <class T>
  T resultOf(boost::asio::awaitable<T> task) {
    std::optional<T> result;
    const auto keep = [&](boost::asio::awaitable<T> inner) -> boost::asio::awaitable<void> {
      T value = co_await std::move(inner);
      result.emplace(std::move(value));
    };
    run(keep(std::move(task)));
    return *std::move(result);
  }
  void run(boost::asio::awaitable<void> task) {
    bool ends = false;
    boost::asio::co_spawn(io, std::move(task), [&](const std::exception_ptr&) { ends = true; });
    while (!ends) io.run_one();
  }

  const RequestHead& head() const override { return head_; }
  std::size_t readBody(std::span<std::byte> out) override {
    const std::size_t count = std::min(out.size(), here_.size());
    std::memcpy(out.data(), here_.data(), count);
    here_.erase(0, count);
    return count;
  }
  std::size_t bodyAvailable() const override { return here_.size(); }
  bool bodyComplete() const override { return body.empty(); }
  void start(const ResponseHead& head, std::optional<std::uint64_t> content_length) override {
    content_length_ = content_length;
    status = head.status;
    for (const Field& field : head.fields) {
      fields.emplace_back(std::string(field.name), std::string(field.value));
    }
    started_ = true;
  }
  bool started() const override { return started_; }
  void write(std::span<const std::byte> bytes) override {
    pending.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  std::size_t pendingBytes() const override { return pending.size(); }
  std::uint64_t bytesWritten() const override { return sent.size() + pending.size(); }
  bool end() override {
    ended = true;
    aborted = bytesWritten() < content_length_.value_or(0);
    return !aborted;
  }
  void abort() override { aborted = true; }
  bool retract() override {
    if (flushed_) return false;
    pending.clear();
    fields.clear();
    started_ = false;
    return true;
  }

 private:
  using For = loop::Wait::For;

  static const char* nameOf(const loop::Wait& wait) {
    switch (wait.what) {
      case For::kInput:
        return "body";
      case For::kOutput:
        return "drained";
      case For::kTime:
        return "until";
      case For::kNotice:
        return "notified";
      case For::kTurn:
        return wait.place == loop::RunQueue::Place::kFront ? "yield, next" : "yield";
    }
    std::unreachable();
  }

  // loop::Peer.
  void beginWait(const loop::Wait& wait) override {
    waits.emplace_back(nameOf(wait));
    on_wait();
    if (wait.what == For::kInput && !body.empty()) {
      here_ += body.front();
      body.pop_front();
    }
    if (next_wake == http::Wake::kExpired) FakeLoop::waiter.setDeadline(Clock::Time::min());
  }
  Standing look() override {
    if (started_) {
      sent += std::exchange(pending, "");
      flushed_ = true;
    }
    return next_wake == http::Wake::kGone ? Standing::kLost : Standing::kThere;
  }
  Clock::Time listen() override { return Clock::kNever; }
  bool hasLeftUnseen() override { return false; }

  std::string here_;
  std::optional<std::uint64_t> content_length_;
  bool started_ = false, flushed_ = false;
};

}  // namespace wagi::worker
