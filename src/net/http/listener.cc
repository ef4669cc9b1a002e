#include "net/http/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "net/http/connections.h"

namespace wagi::http {
namespace {

std::string addressText(const sockaddr_storage& address) {
  if (address.ss_family == AF_UNIX) return "unix:";  // A client there has no address.
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof text);
    } else {
      ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    }
  }
  return text;
}

// Failures that are the one connection's own, or nobody's.
bool isPassing(int error) {
  return error == EAGAIN || error == EINTR || error == ECONNABORTED || error == EPROTO ||
         error == ENETDOWN || error == ENOPROTOOPT || error == EHOSTDOWN || error == ENONET ||
         error == EHOSTUNREACH || error == EOPNOTSUPP || error == ENETUNREACH || error == EPERM;
}

}  // namespace

Listener::Listener(boost::asio::io_context& io, UniqueFd socket, const TlsContext* tls,
                   Connections& connections)
    : socket_(io), timer_(io), tls_(tls), connections_(connections) {
  const int native = socket.get();
  // Another process may take the connection that woke this one.
  ::fcntl(native, F_SETFL, ::fcntl(native, F_GETFL) | O_NONBLOCK);
  // Inherited by what is accepted: a part of an answer must not wait for the next one.
  const int on = 1;
  ::setsockopt(native, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  boost::system::error_code error;
  socket_.assign(native, error);
  if (error) {
    spdlog::error("can't accept connections: {}", error.message());
    return;
  }
  (void)socket.release();
  wait();
}

void Listener::resume() {
  if (!waiting_ && socket_.is_open()) wait();
}

void Listener::wait() {
  waiting_ = true;
  socket_.async_wait(decltype(socket_)::wait_read,
                     [this, alive = std::weak_ptr<void>(alive_)](const auto& error) {
                       if (!error && !alive.expired()) accept();
                     });
}

void Listener::backOff() {
  waiting_ = backing_off_ = true;
  timer_.expires_after(kBackOff);
  timer_.async_wait([this, alive = std::weak_ptr<void>(alive_)](const auto& error) {
    if (!error && !alive.expired()) accept();
  });
}

void Listener::accept() {
  waiting_ = false;
  if (connections_.count() >= connections_.limits().connections_max) return;  // Until resume().
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  UniqueFd accepted(::accept4(socket_.native_handle(), reinterpret_cast<sockaddr*>(&address), &size,
                              SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!accepted && !isPassing(errno)) {
    if (!backing_off_) spdlog::warn("can't accept connections: {}", std::strerror(errno));
    backOff();
    return;
  }
  backing_off_ = false;
  wait();
  if (accepted) {
    connections_.add(std::move(accepted), address.ss_family, addressText(address), tls_);
  }
}

}  // namespace wagi::http
