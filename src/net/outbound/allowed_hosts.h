// Which hosts a module's guests may call: the entries of `allowed_hosts`. Pure.
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
  // Which addresses its names may resolve to.
  enum class Reach : std::uint8_t {
    kPublic,
    kLoopback,  // The entry is localhost.
    kExact,     // The entry is an address: that one, whatever its kind.
    kPrivate,   // And public and loopback ones, but never link-local ones.
  };
  Names names = Names::kOne;
  std::optional<Scheme> scheme;  // None: both.
  Host host;
  std::optional<std::uint16_t> port;  // None: the scheme's own; with kAll any.
  Reach reach = Reach::kPublic;
};

[[nodiscard]] Result<AllowedHost> parseAllowedHost(std::string_view text);

// The entry that allows an origin, of several the one that reaches furthest; null: none does.
[[nodiscard]] const AllowedHost* findAllowed(std::span<const AllowedHost> entries,
                                             const Origin& origin);

// Whether a host that `entry` allows may have that address.
[[nodiscard]] bool permits(const AllowedHost& entry, const IpAddress& address);

}  // namespace wagi::outbound
