#include "net/outbound/dial.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "net/outbound/address.h"

namespace wagi::outbound {
namespace {

using std::chrono::milliseconds;

// How many addresses of one name are tried.
constexpr std::size_t kAddressesMax = 8;

std::unexpected<Refusal> refusal(Refusal::Kind kind, std::string message) {
  return std::unexpected(Refusal{kind, std::move(message)});
}

std::string_view describe(AddressKind kind) {
  switch (kind) {
    case AddressKind::kPublic:
      return "a public address";
    case AddressKind::kLoopback:
      return "a loopback address";
    case AddressKind::kPrivate:
      return "a private address";
    case AddressKind::kLinkLocal:
      return "a link-local address";
    case AddressKind::kNever:
      return "an address that no server has";
  }
  return "";
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

SocketAddress socketAddress(const IpAddress& address, std::uint16_t port) {
  SocketAddress result;
  if (address.v6) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(result.storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, address.bytes.data(), sizeof v6.sin6_addr);
    result.size = sizeof v6;
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(result.storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, address.bytes.data(), sizeof v4.sin_addr);
    result.size = sizeof v4;
  }
  return result;
}

// Waits until a connection is made; returns 0, or an errno.
int awaitConnected(int socket, Clock::Time deadline, const Clock& clock) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - clock.now());
    if (left.count() <= 0) return ETIMEDOUT;
    pollfd wait{socket, POLLOUT, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return errno;
    if (ready == 0) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
    return error;
  }
}

// Connects to one address; the error is an errno.
std::expected<UniqueFd, int> connectTo(const IpAddress& address, std::uint16_t port,
                                       Clock::Time deadline, const Clock& clock) {
  const int family = address.v6 ? AF_INET6 : AF_INET;
  UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return std::unexpected(errno);
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const SocketAddress to = socketAddress(address, port);
  int error = 0;
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to.storage), to.size) != 0) {
    error = errno == EINPROGRESS ? awaitConnected(socket.get(), deadline, clock) : errno;
  }
  if (error != 0) return std::unexpected(error);
  return socket;
}

}  // namespace

Result<std::vector<IpAddress>> lookUp(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &found); error != 0) {
    return fail(fmt::format("{}: {}", name,
                            error == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, ::freeaddrinfo);
  std::vector<IpAddress> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    const auto address = IpAddress::of(*entry->ai_addr);
    if (address && std::ranges::find(addresses, *address) == addresses.end()) {
      addresses.push_back(*address);
    }
  }
  return addresses;
}

std::expected<std::vector<IpAddress>, Refusal> permittedAddresses(const AllowedHost& entry,
                                                                  const Host& host,
                                                                  const Lookup& look_up) {
  std::vector<IpAddress> addresses;
  if (host.address) {
    addresses = {*host.address};
  } else {
    auto found = look_up(host.name);
    if (!found) return refusal(Refusal::Kind::kFailed, std::move(found.error().message));
    addresses = *std::move(found);
  }
  if (addresses.empty()) {
    return refusal(Refusal::Kind::kFailed, fmt::format("{} has no address", host.name));
  }
  const IpAddress first = addresses.front();
  std::erase_if(addresses, [&](const IpAddress& address) { return !permits(entry, address); });
  if (addresses.empty()) {
    return refusal(Refusal::Kind::kNotAllowed,
                   fmt::format("{} has {}, {}, which its entry in allowed_hosts doesn't permit",
                               host.name, first.text(), describe(kindOf(first))));
  }
  if (addresses.size() > kAddressesMax) addresses.resize(kAddressesMax);
  return addresses;
}

std::expected<UniqueFd, Refusal> dial(const AllowedHost& entry, const Origin& origin,
                                      const Lookup& look_up, milliseconds time_max,
                                      const Clock& clock) {
  const Clock::Time deadline = clock.now() + time_max;
  const auto addresses = permittedAddresses(entry, origin.host, look_up);
  if (!addresses) return std::unexpected(addresses.error());
  int error = 0;
  for (std::size_t i = 0; i < addresses->size(); ++i) {
    // Each address gets an equal part of the time that is left.
    const Clock::Time now = clock.now();
    const auto share = (deadline - now) / static_cast<int>(addresses->size() - i);
    auto socket = connectTo((*addresses)[i], origin.port, now + share, clock);
    if (socket) return *std::move(socket);
    error = socket.error();
  }
  return refusal(Refusal::Kind::kFailed,
                 fmt::format("{}: {}", origin.authority(), std::strerror(error)));
}

}  // namespace wagi::outbound
