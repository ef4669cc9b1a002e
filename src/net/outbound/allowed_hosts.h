// The entries of `allowed_hosts`, which say which hosts a module's guests may call. Pure.
//
//   https://api.example.com      that scheme and host, at the scheme's own port
//   http://127.0.0.1:8080        that port; an address may be any
//   example.com                  http and https, each at its own port
//   *.example.org                every name below example.org, not itself
//   private:https://intra.net    may resolve to private and loopback addresses
//   insecure:allow-all           every host at every port whose address is public
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "net/outbound/url.h"

namespace wagi::outbound {

struct AllowedHost {
  enum class Names : std::uint8_t { kOne, kBelow, kAll };
  // The addresses to which its names may resolve.
  enum class AddressScope : std::uint8_t {
    kPublic,    // Public ones.
    kLoopback,  // Loopback ones: the entry is localhost.
    kExact,     // The entry itself, which is an address of any kind.
    kPrivate,   // Private, public and loopback ones, but never link-local ones.
  };
  Names names = Names::kOne;
  std::optional<Scheme> scheme;  // Absent: both.
  Host host;
  std::optional<std::uint16_t> port;  // Absent: the scheme's default, or any with kAll.
  AddressScope scope = AddressScope::kPublic;
};

[[nodiscard]] Result<AllowedHost> parseAllowedHost(std::string_view text);

// The entry that allows an origin, or null. Of several it is the one with the widest scope.
[[nodiscard]] const AllowedHost* findAllowed(std::span<const AllowedHost> entries,
                                             const Origin& origin);

// Whether a host that `entry` allows may resolve to `address`.
[[nodiscard]] bool permits(const AllowedHost& entry, const IpAddress& address);

}  // namespace wagi::outbound
