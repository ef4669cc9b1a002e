#include "server/runner/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "server/runner/inherited_sockets.h"

namespace wagi::runner {
namespace {

using Kind = config::Endpoint::Kind;

// Connections that the kernel completes before a worker accepts them; it lowers this to
// net.core.somaxconn.
constexpr int kBacklog = 4'096;

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_un local;
};

// The length of the address; 0 where the text is none.
socklen_t fill(const config::Endpoint& endpoint, Address& address) {
  std::memset(&address, 0, sizeof address);
  if (endpoint.kind == Kind::kUnix) {
    address.local.sun_family = AF_UNIX;
    if (endpoint.path.size() >= sizeof address.local.sun_path) return 0;
    std::memcpy(address.local.sun_path, endpoint.path.data(), endpoint.path.size());
    return sizeof address.local;
  }
  if (endpoint.v6) {
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(endpoint.port);
    const bool good = ::inet_pton(AF_INET6, endpoint.ip.c_str(), &address.v6.sin6_addr) == 1;
    return good ? sizeof address.v6 : 0;
  }
  address.v4.sin_family = AF_INET;
  address.v4.sin_port = htons(endpoint.port);
  const bool good = ::inet_pton(AF_INET, endpoint.ip.c_str(), &address.v4.sin_addr) == 1;
  return good ? sizeof address.v4 : 0;
}

// Where a socket listens, in the kernel's words; `otherwise` for a family that has no words here.
config::Endpoint endpointOf(int fd, const config::Endpoint& otherwise) {
  Address address{};
  socklen_t length = sizeof address;
  if (::getsockname(fd, &address.any, &length) != 0) return otherwise;
  std::array<char, INET6_ADDRSTRLEN> text{};
  switch (address.any.sa_family) {
    case AF_INET:
      ::inet_ntop(AF_INET, &address.v4.sin_addr, text.data(), text.size());
      return {.ip = text.data(), .port = ntohs(address.v4.sin_port)};
    case AF_INET6:
      ::inet_ntop(AF_INET6, &address.v6.sin6_addr, text.data(), text.size());
      return {.ip = text.data(), .port = ntohs(address.v6.sin6_port), .v6 = true};
    case AF_UNIX:
      return {.kind = Kind::kUnix, .path = address.local.sun_path};
    default:
      return otherwise;
  }
}

std::unexpected<Error> failed(const config::Endpoint& endpoint, int error) {
  const std::string where = endpoint.text();
  switch (error) {
    case EADDRINUSE:
      return fail(
          fmt::format("can't listen on {}: another program does; stop it, or choose another "
                      "{} with --listen (in a reload it may be this server itself, on an "
                      "address that overlaps: that change needs a restart)",
                      where, endpoint.kind == Kind::kUnix ? "path" : "port"));
    case EACCES:
      if (endpoint.kind == Kind::kUnix) break;
      return fail(
          fmt::format("can't listen on {}: ports below 1024 are for root and for programs "
                      "with CAP_NET_BIND_SERVICE; choose another with --listen",
                      where));
    case EADDRNOTAVAIL:
      return fail(fmt::format("can't listen on {}: this machine has no such address", where));
    default:
      break;
  }
  return fail(fmt::format("can't listen on {}: {}", where, std::strerror(error)));
}

// A server that was killed leaves its socket's file, on which nobody listens any more: that is
// removed. Whatever else has the path stays.
Result<void> clearPath(const config::Endpoint& endpoint, const Address& address, socklen_t length) {
  struct stat found{};
  if (::lstat(endpoint.path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode)) {
    return fail(
        fmt::format("can't listen on {}: the path exists and is no socket; remove it, or "
                    "choose another",
                    endpoint.text()));
  }
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (::connect(probe.get(), &address.any, length) == 0 || errno == EAGAIN) {
    return failed(endpoint, EADDRINUSE);
  }
  if (errno != ECONNREFUSED) return failed(endpoint, errno);
  if (::unlink(endpoint.path.c_str()) != 0 && errno != ENOENT) return failed(endpoint, errno);
  return {};
}

Result<Listener> inherit(const config::Endpoint& endpoint) {
  auto socket = inheritedSocket(endpoint.name);
  if (!socket) {
    return fail(fmt::format("can't listen on {}: {}", endpoint.text(), socket.error().message));
  }
  config::Endpoint actual = endpointOf(socket->get(), endpoint);
  return Listener{*std::move(socket), endpoint, std::move(actual)};
}

}  // namespace

SocketFile::SocketFile(std::string path) : path_(std::move(path)), owner_(::getpid()) {}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), owner_(other.owner_) {}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(owner_, other.owner_);
  return *this;
}

SocketFile::~SocketFile() {
  if (!path_.empty() && owner_ == ::getpid()) ::unlink(path_.c_str());
}

Result<Listener> listenOn(const config::Endpoint& endpoint, std::optional<std::uint32_t> mode) {
  if (endpoint.kind == Kind::kInherited) return inherit(endpoint);
  Address address;
  const socklen_t length = fill(endpoint, address);
  if (length == 0) return failed(endpoint, EADDRNOTAVAIL);
  const bool is_unix = endpoint.kind == Kind::kUnix;
  if (is_unix) {
    if (auto clear = clearPath(endpoint, address, length); !clear) {
      return std::unexpected(std::move(clear.error()));
    }
  }
  UniqueFd fd(::socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return failed(endpoint, errno);
  const int on = 1;
  const int off = 0;
  // A server that was just stopped leaves connections in TIME_WAIT, which are no reason to fail.
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // "[::]" is every address, those of IPv4 among them, whatever the system's default.
  if (endpoint.v6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(fd.get(), &address.any, length) != 0) return failed(endpoint, errno);
  SocketFile file = is_unix ? SocketFile(endpoint.path) : SocketFile();
  // Nobody connects before listen(2), so that nobody does before the mode is set.
  if (is_unix && mode && ::chmod(endpoint.path.c_str(), *mode) != 0) {
    return failed(endpoint, errno);
  }
  if (::listen(fd.get(), kBacklog) != 0) return failed(endpoint, errno);
  config::Endpoint actual = is_unix ? endpoint : endpointOf(fd.get(), endpoint);
  return Listener{std::move(fd), endpoint, std::move(actual), std::move(file)};
}

std::string addressOf(const config::Endpoint& endpoint, bool has_tls) {
  const std::string text = endpoint.text();
  if (endpoint.kind != Kind::kIp) return has_tls ? text + " (TLS)" : text;
  return fmt::format("{}://{}", has_tls ? "https" : "http", text);
}

}  // namespace wagi::runner
