// IP addresses, and which of them a name on the Internet has no business to resolve to.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace wagi::outbound {

struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};  // Of IPv4 the first four.
  bool v6 = false;

  // Dotted decimal with four parts, or IPv6 without brackets and zone: nothing else that
  // inet_aton(3) takes.
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);
  [[nodiscard]] static std::optional<IpAddress> of(const sockaddr& address);
  [[nodiscard]] std::string text() const;
  bool operator==(const IpAddress&) const = default;
};

enum class AddressKind : std::uint8_t {
  kPublic,
  kLoopback,
  kPrivate,    // RFC 1918, RFC 4193, RFC 6598 and what else isn't reached from outside.
  kLinkLocal,  // Where clouds keep their metadata: 169.254.169.254.
  kNever,      // Unspecified, multicast, reserved: no server has such an address.
};

// Of an IPv6 address that stands for an IPv4 address (mapped, NAT64, 6to4): that one's.
[[nodiscard]] AddressKind kindOf(const IpAddress& address);

}  // namespace wagi::outbound
