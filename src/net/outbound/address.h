// Classifies IP addresses: to some a name on the Internet has no business to resolve.
#pragma once

#include <cstdint>

#include "base/ip_address.h"

namespace wagi::outbound {

enum class AddressKind : std::uint8_t {
  kPublic,
  kLoopback,
  kPrivate,    // RFC 1918, RFC 4193, RFC 6598, and others that aren't reached from outside.
  kLinkLocal,  // Clouds have their metadata at one: 169.254.169.254.
  kNever,      // No server has such an address: unspecified, multicast, reserved.
};

// The kind of an address; for an IPv6 address that stands for an IPv4 address (mapped, NAT64, 6to4)
// the latter's.
[[nodiscard]] AddressKind kindOf(const IpAddress& address);

}  // namespace wagi::outbound
