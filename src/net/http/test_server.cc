#include "net/http/test_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <charconv>

namespace wagi::http {

TestServer::TestServer(const Limits& limits, const TlsContext* tls, int family)
    : server(std::make_unique<Server>(loop, handler, limits)) {
  handler.at_once = [](Exchange& exchange) { answer(exchange, "hello\n"); };
  UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (family == AF_INET6) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address_);
    v6.sin6_family = AF_INET6;
    v6.sin6_addr = in6addr_loopback;
    address_size_ = sizeof v6;
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(address_);
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address_size_ = sizeof v4;
  }
  auto* const address = reinterpret_cast<sockaddr*>(&address_);
  if (::bind(socket.get(), address, address_size_) != 0 || ::listen(socket.get(), 64) != 0) {
    ADD_FAILURE() << "can't listen: " << std::strerror(errno);
    return;
  }
  ::getsockname(socket.get(), address, &address_size_);
  port = ntohs(reinterpret_cast<sockaddr_in&>(address_).sin_port);  // The same place in both.
  server->listen(std::move(socket), tls);
}

Client TestServer::connect(int receive_buffer_bytes) {
  UniqueFd socket(::socket(address_.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (receive_buffer_bytes > 0) {
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                 sizeof receive_buffer_bytes);
  }
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // The kernel completes the connection; the loop need not run for it.
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address_), address_size_) != 0) {
    ADD_FAILURE() << "can't connect: " << std::strerror(errno);
  }
  return Client(*this, std::move(socket));
}

bool TestServer::runUntil(const std::function<bool()>& done) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::seconds(10);
  while (!done()) {
    if (Clock::now() >= end) return false;
    if (io.stopped()) io.restart();
    // One callback at a time: a task that yields always has the next one ready. The client's own
    // sockets are not in the loop, so that it may not wait for long.
    if (io.poll_one() == 0) io.run_one_for(std::chrono::milliseconds(1));
  }
  return true;
}

void TestServer::pass(std::chrono::milliseconds time) {
  if (io.stopped()) io.restart();
  // There is no end to what is ready where a task yields again and again.
  for (int callbacks = 0; callbacks < 1000 && io.poll_one() > 0; ++callbacks) {
  }
  clock.advance(time);
  loop.checkTime();
}

void Client::send(std::string_view bytes) {
  EXPECT_TRUE(server_.runUntil([&] {
    if (bytes.empty()) return true;
    const auto count = ::send(fd(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0) return errno != EAGAIN;  // Gone: the test will see what the server said.
    bytes.remove_prefix(static_cast<std::size_t>(count));
    return bytes.empty();
  })) << "the server doesn't take what the client sends";
}

void Client::receive() {
  char block[16384];
  while (!ended_) {
    const auto count = ::recv(fd(), block, sizeof block, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    if (count > 0) {
      received_.append(block, static_cast<std::size_t>(count));
    } else {
      ended_ = true;
      reset_ = count < 0;
    }
  }
}

std::string Client::take(std::size_t count) {
  std::string taken = received_.substr(0, count);
  received_.erase(0, count);
  return taken;
}

std::string Client::readUntil(std::string_view end) {
  std::size_t at = std::string::npos;
  EXPECT_TRUE(server_.runUntil([&] {
    receive();
    at = received_.find(end);
    return at != std::string::npos || ended_;
  })) << "waited for "
      << end << ", has " << received_;
  EXPECT_NE(at, std::string::npos) << "ended with " << received_;
  return at == std::string::npos ? take(at) : take(at + end.size());
}

std::string Client::readBytes(std::size_t count) {
  EXPECT_TRUE(server_.runUntil([&] {
    receive();
    return received_.size() >= count || ended_;
  })) << "has "
      << received_.size() << " bytes of " << count;
  return take(count);
}

std::string Client::readAll() {
  EXPECT_TRUE(closed()) << "has " << received_;
  return take(std::string::npos);
}

std::string Client::readAnswer() {
  std::string head = readUntil("\r\n\r\n");
  const std::string_view name = "Content-Length: ";
  const std::size_t at = head.find(name);
  if (at == std::string::npos) return head;
  std::size_t length = 0;
  std::from_chars(head.data() + at + name.size(), head.data() + head.size(), length);
  return head + readBytes(length);
}

bool Client::closed() {
  return server_.runUntil([&] {
    receive();
    return ended_;
  });
}

}  // namespace wagi::http
