#include "base/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace wagi {

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.contains('\0')) return std::nullopt;
  std::ranges::copy(text, terminated.begin());
  IpAddress address{.v6 = text.contains(':')};
  const int family = address.v6 ? AF_INET6 : AF_INET;
  if (::inet_pton(family, terminated.data(), address.bytes.data()) != 1) return std::nullopt;
  return address;
}

std::optional<IpAddress> IpAddress::of(const sockaddr& address) {
  IpAddress result;
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    std::memcpy(result.bytes.data(), &v4.sin_addr, sizeof v4.sin_addr);
  } else if (address.sa_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    std::memcpy(result.bytes.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
    result.v6 = true;
  } else {
    return std::nullopt;
  }
  return result;
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> name{};
  ::inet_ntop(v6 ? AF_INET6 : AF_INET, bytes.data(), name.data(), name.size());
  return name.data();
}

}  // namespace wagi
