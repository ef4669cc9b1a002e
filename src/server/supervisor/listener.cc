#include "server/supervisor/listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace wagi::supervisor {
namespace {

// Connections that the kernel completes before a worker accepts them; it lowers this to
// net.core.somaxconn.
constexpr int kBacklog = 4'096;

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

socklen_t fill(const config::Endpoint& endpoint, Address& address) {
  std::memset(&address, 0, sizeof address);
  if (endpoint.v6) {
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(endpoint.port);
    return ::inet_pton(AF_INET6, endpoint.ip.c_str(), &address.v6.sin6_addr) == 1
               ? sizeof address.v6
               : 0;
  }
  address.v4.sin_family = AF_INET;
  address.v4.sin_port = htons(endpoint.port);
  return ::inet_pton(AF_INET, endpoint.ip.c_str(), &address.v4.sin_addr) == 1 ? sizeof address.v4
                                                                              : 0;
}

std::uint16_t portOf(int fd) {
  Address address{};
  socklen_t length = sizeof address;
  if (::getsockname(fd, &address.any, &length) != 0) return 0;
  return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

std::unexpected<Error> failed(const config::Endpoint& endpoint, int error) {
  const std::string where = endpoint.text();
  switch (error) {
    case EADDRINUSE:
      return fail(
          fmt::format("can't listen on {}: another program does; stop it, or choose another "
                      "port with --listen (in a reload it may be this server itself, on an "
                      "address that overlaps: that change needs a restart)",
                      where));
    case EACCES:
      return fail(
          fmt::format("can't listen on {}: ports below 1024 are for root and for programs "
                      "with CAP_NET_BIND_SERVICE; choose another with --listen",
                      where));
    case EADDRNOTAVAIL:
      return fail(fmt::format("can't listen on {}: this machine has no such address", where));
    default:
      return fail(fmt::format("can't listen on {}: {}", where, std::strerror(error)));
  }
}

}  // namespace

Result<Listener> listenOn(const config::Endpoint& endpoint) {
  Address address;
  const socklen_t length = fill(endpoint, address);
  if (length == 0) return failed(endpoint, EADDRNOTAVAIL);
  UniqueFd fd(::socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return failed(endpoint, errno);
  const int on = 1;
  const int off = 0;
  // A server that was just stopped leaves connections in TIME_WAIT, which are no reason to fail.
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // "[::]" is every address, those of IPv4 among them, whatever the system's default.
  if (endpoint.v6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(fd.get(), &address.any, length) != 0 || ::listen(fd.get(), kBacklog) != 0) {
    return failed(endpoint, errno);
  }
  config::Endpoint actual = endpoint;
  actual.port = portOf(fd.get());
  return Listener{std::move(fd), endpoint, std::move(actual)};
}

}  // namespace wagi::supervisor
