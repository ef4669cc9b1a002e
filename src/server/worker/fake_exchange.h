// An exchange without a network, for tests: the body is given beforehand, every wait is over at
// once, and what would be sent is kept.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstring>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "net/http/exchange.h"

namespace wagi::worker {

class FakeExchange final : public http::Exchange {
 public:
  FakeExchange() {
    head_.method = "GET";
    head_.path = "/";
    head_.protocol = "HTTP/1.1";
    head_.scheme = "http";
    head_.remote_address = "127.0.0.1";
  }

  // What the test sets up.
  RequestHead head_;
  std::deque<std::string> body;         // Each piece comes with one waitBody().
  std::vector<std::string> waits;       // Those that happened, by name.
  std::optional<http::Wake> next_wake;  // Ends the next wait instead of kReady.
  std::function<void()> on_wait = [] {};

  // What came of it.
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string sent;  // Handed to the kernel.
  std::string pending;
  bool ended = false, aborted = false;
  std::string answer() const { return sent + pending; }

  const RequestHead& head() const override { return head_; }
  void setBodyLimit(std::uint64_t) override {}
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
  std::uint64_t bytesWritten() const override { return sent.size() + pending.size(); }
  void setDeadline(http::Clock::time_point) override {}

  boost::asio::awaitable<http::Wake> waitBody() override {
    if (!body.empty()) {
      here_ += body.front();
      body.pop_front();
    }
    co_return wait("body");
  }
  boost::asio::awaitable<http::Wake> waitDrained() override { co_return wait("drained"); }
  boost::asio::awaitable<http::Wake> waitUntil(http::Clock::time_point, OrBody) override {
    co_return wait("until");
  }
  boost::asio::awaitable<http::Wake> waitNotified() override { co_return wait("notified"); }
  void notify() override {}
  boost::asio::awaitable<http::Wake> yield(Turn turn) override {
    co_return wait(turn == Turn::kNext ? "yield, next" : "yield");
  }

 private:
  http::Wake wait(const char* what) {
    waits.emplace_back(what);
    on_wait();
    if (started_) {
      sent += pending;
      pending.clear();
      flushed_ = true;
    }
    return next_wake.value_or(http::Wake::kReady);
  }

  std::string here_;
  std::optional<std::uint64_t> content_length_;
  bool started_ = false, flushed_ = false;
};

// The result of `task`, which waits for a FakeExchange alone.
template <class T>
T resultOf(boost::asio::awaitable<T> task) {
  boost::asio::io_context loop;
  std::optional<T> result;
  const auto keep = [&](boost::asio::awaitable<T> inner) -> boost::asio::awaitable<void> {
    T value = co_await std::move(inner);
    result.emplace(std::move(value));
  };
  boost::asio::co_spawn(loop, keep(std::move(task)), boost::asio::detached);
  loop.run();
  return *std::move(result);
}

}  // namespace wagi::worker
