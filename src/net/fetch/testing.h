// For tests only: a server that answers each request as a test wants.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "net/fetch/client.h"

namespace wagi::fetch {

struct Reply {
  std::string bytes;
  bool stays_open = false;  // Whether the connection stays open until the client closes it.
};

// A server that answers one request on each connection, on a thread of its own.
class Server {
 public:
  using Handler = std::function<Reply(const std::string& request, int count)>;

  explicit Server(Handler handler) : handler_(std::move(handler)) {
    listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 16), 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    stop_.reset(ends[0]);
    stopper_.reset(ends[1]);
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() {
    stopper_.reset();
    thread_.join();
  }

  [[nodiscard]] std::string url(const std::string& path = "/") const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
  }
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  // Waits until `fd` is readable; false when the server is to end.
  bool wait(int fd) const {
    std::array<pollfd, 2> fds{pollfd{fd, POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
    ::poll(fds.data(), fds.size(), -1);
    return fds[1].revents == 0;
  }

  void serve() {
    while (wait(listener_.get())) {
      const UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      const std::string request = read(client.get());
      if (request.empty()) continue;
      int count = 0;
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
        count = static_cast<int>(requests_.size());
      }
      const Reply reply = handler_(request, count);
      std::string_view rest = reply.bytes;
      while (!rest.empty()) {
        const ssize_t sent = ::send(client.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent <= 0) break;
        rest.remove_prefix(static_cast<std::size_t>(sent));
      }
      std::array<char, 64> ignored;
      while (reply.stays_open && wait(client.get()) &&
             ::recv(client.get(), ignored.data(), ignored.size(), 0) > 0) {
      }
    }
  }

  // Reads a request: its head, and as much of a body as Content-Length says.
  std::string read(int fd) const {
    std::string request;
    std::array<char, 4096> buffer;
    for (std::size_t whole = std::string::npos; request.size() < whole;) {
      if (!wait(fd)) return {};
      const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
      if (count <= 0) return {};
      request.append(buffer.data(), static_cast<std::size_t>(count));
      const std::size_t head = request.find("\r\n\r\n");
      if (head == std::string::npos) continue;
      const std::size_t length = request.find("Content-Length: ");
      whole = head + 4 + (length < head ? std::stoul(request.substr(length + 16)) : 0);
    }
    return request;
  }

  const Handler handler_;
  UniqueFd listener_, stop_, stopper_;
  int port_ = 0;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

inline std::string answer(std::string_view status, std::string_view body,
                          std::string_view fields = "") {
  return fmt::format("HTTP/1.1 {}\r\nConnection: close\r\nContent-Length: {}\r\n{}\r\n{}", status,
                     body.size(), fields, body);
}

inline Client::Settings quick() {
  return {.silence_max = std::chrono::milliseconds(300), .back_off = std::chrono::milliseconds(1)};
}

}  // namespace wagi::fetch
