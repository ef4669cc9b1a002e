// A server with a handler of the test's own, and clients that speak raw bytes to it. Everything
// runs on the test's thread: whatever waits runs the server's loop meanwhile, and every wait ends.
// For the server no time passes but what the test says.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "net/http/server.h"
#include "net/loop/loop.h"

namespace wagi::http {

class FunctionTask final : public Task {
 public:
  using Run = std::function<boost::asio::awaitable<void>(Exchange&)>;
  FunctionTask(Exchange& exchange, Run run, int* living)
      : exchange_(exchange), run_(std::move(run)), living_(living) {
    ++*living_;
  }
  ~FunctionTask() override { --*living_; }
  boost::asio::awaitable<void> run() override { return run_(exchange_); }

 private:
  Exchange& exchange_;
  const Run run_;
  int* const living_;
};

// Answers at once through `at_once`, unless there is a `task`.
class FakeHandler final : public Handler {
 public:
  std::function<void(Exchange&)> at_once;
  FunctionTask::Run task;
  int begun = 0;
  int living_tasks = 0;

  std::unique_ptr<Task> begin(Exchange& exchange) override {
    ++begun;
    if (task) return std::make_unique<FunctionTask>(exchange, task, &living_tasks);
    at_once(exchange);
    return nullptr;
  }
};

inline std::span<const std::byte> bytesOf(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// A whole answer of type text/plain.
inline void answer(Exchange& exchange, std::string_view body, int status = 200) {
  const Field type{"Content-Type", "text/plain"};
  exchange.start({status, {}, {&type, 1}});
  exchange.write(bytesOf(body));
  exchange.end();
}

// Begins one that is to be streamed.
inline void startText(Exchange& exchange, std::optional<std::uint64_t> length = std::nullopt) {
  const Field type{"Content-Type", "text/plain"};
  exchange.start({200, {}, {&type, 1}}, length);
}

class TestServer;

class Client {
 public:
  Client(TestServer& server, UniqueFd socket) : server_(server), socket_(std::move(socket)) {}

  [[nodiscard]] int fd() const { return socket_.get(); }
  void send(std::string_view bytes);
  // Sends nothing more.
  void finish() { ::shutdown(fd(), SHUT_WR); }
  void close() { socket_.reset(); }
  void reset() {
    const linger now{1, 0};
    ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }

  // The bytes that came since the last call, up to and including `end`.
  [[nodiscard]] std::string readUntil(std::string_view end);
  [[nodiscard]] std::string readBytes(std::size_t count);
  // Up to the end of the connection; was_reset() says how it ended.
  [[nodiscard]] std::string readAll();
  [[nodiscard]] bool wasReset() const { return reset_; }
  // One answer with its Content-Length.
  [[nodiscard]] std::string readAnswer();
  [[nodiscard]] bool closed();

 private:
  void receive();
  [[nodiscard]] std::string take(std::size_t count);

  TestServer& server_;
  UniqueFd socket_;
  std::string received_;
  bool ended_ = false, reset_ = false;
};

class TestServer {
 public:
  explicit TestServer(const Limits& limits = {}, const TlsContext* tls = nullptr,
                      int family = AF_INET);

  [[nodiscard]] Client connect(int receive_buffer_bytes = 0);
  // Runs the loop until `done` says so; false: it didn't for 10 s.
  [[nodiscard]] bool runUntil(const std::function<bool()>& done);
  // Lets time pass, once all that is ready was done.
  void pass(std::chrono::milliseconds time);

  boost::asio::io_context io{1};
  ManualClock clock;
  loop::Loop loop{io, clock};
  FakeHandler handler;
  std::unique_ptr<Server> server;
  std::uint16_t port = 0;

 private:
  sockaddr_storage address_{};
  socklen_t address_size_ = sizeof address_;
};

}  // namespace wagi::http
