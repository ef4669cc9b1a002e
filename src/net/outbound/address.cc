#include "net/outbound/address.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace wagi::outbound {
namespace {

struct Network {
  std::array<std::uint8_t, 16> prefix;
  unsigned bits;
  AddressKind kind;
};

// The first network that contains an address gives its kind (IANA's registries of special
// addresses).
constexpr Network kNetworks4[] = {
    {{0}, 8, AddressKind::kNever},
    {{10}, 8, AddressKind::kPrivate},
    {{100, 64}, 10, AddressKind::kPrivate},
    {{127}, 8, AddressKind::kLoopback},
    {{169, 254}, 16, AddressKind::kLinkLocal},
    {{172, 16}, 12, AddressKind::kPrivate},
    {{192, 0, 0}, 24, AddressKind::kPrivate},
    {{192, 168}, 16, AddressKind::kPrivate},
    {{198, 18}, 15, AddressKind::kPrivate},
    {{224}, 3, AddressKind::kNever},  // Multicast, reserved, broadcast.
};
constexpr Network kNetworks6[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, AddressKind::kLoopback},
    {{}, 8, AddressKind::kNever},                   // Unspecified, IPv4-compatible and reserved.
    {{0x01, 0}, 64, AddressKind::kNever},           // Discard-only: RFC 6666.
    {{0x20, 0x01, 0, 0}, 32, AddressKind::kNever},  // Teredo.
    {{0xfc}, 7, AddressKind::kPrivate},
    {{0xfe, 0x80}, 10, AddressKind::kLinkLocal},
    {{0xfe, 0xc0}, 10, AddressKind::kPrivate},
    {{0xff}, 8, AddressKind::kNever},
};

// A prefix of IPv6 addresses that stand for an IPv4 address, and where in them that is.
struct Embedding {
  std::array<std::uint8_t, 16> prefix;
  unsigned bits;
  std::size_t at;
};
constexpr Embedding kEmbeddings[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12},  // RFC 4291 2.5.5.2
    {{0x00, 0x64, 0xff, 0x9b}, 96, 12},                    // NAT64: RFC 6052
    {{0x20, 0x02}, 16, 2},                                 // 6to4: RFC 3056
};

bool contains(const std::array<std::uint8_t, 16>& prefix, unsigned bits,
              const std::array<std::uint8_t, 16>& address) {
  const unsigned whole = bits / 8;
  if (!std::equal(prefix.begin(), prefix.begin() + whole, address.begin())) return false;
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - bits % 8));
  return (prefix[whole] & mask) == (address[whole] & mask);
}

AddressKind kindAmong(std::span<const Network> networks, const IpAddress& address) {
  for (const Network& network : networks) {
    if (contains(network.prefix, network.bits, address.bytes)) return network.kind;
  }
  return AddressKind::kPublic;
}

}  // namespace

AddressKind kindOf(const IpAddress& address) {
  if (!address.v6) return kindAmong(kNetworks4, address);
  for (const Embedding& embedding : kEmbeddings) {
    if (!contains(embedding.prefix, embedding.bits, address.bytes)) continue;
    IpAddress inner;
    std::copy_n(address.bytes.begin() + static_cast<std::ptrdiff_t>(embedding.at), 4,
                inner.bytes.begin());
    return kindAmong(kNetworks4, inner);
  }
  return kindAmong(kNetworks6, address);
}

}  // namespace wagi::outbound
