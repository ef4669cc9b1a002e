// Parses the URL that a guest requests, strictly: a text that two readers could understand
// differently is refused, so that the host which is allowed is the one that is connected to. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "base/result.h"
#include "base/scheme.h"

namespace wagi::outbound {

// A name in lower case without a dot at its end, or an address.
struct Host {
  std::string name;  // For an address its canonical text, without brackets.
  std::optional<IpAddress> address;
  bool operator==(const Host&) const = default;
};

struct Origin {
  Scheme scheme = Scheme::kHttp;
  Host host;
  std::uint16_t port = 0;

  // The value of a Host field: the port is left out where it is the scheme's default.
  [[nodiscard]] std::string authority() const;
  bool operator==(const Origin&) const = default;
};

struct Url {
  Origin origin;
  std::string target;  // Path and query as they are sent; begins with '/'.
};

// Parses an http: or https: URL with a host (RFC 3986). Spaces and bytes beyond ASCII in the path
// and the query are percent-encoded; a fragment is dropped.
[[nodiscard]] Result<Url> parseUrl(std::string_view text);

// Parses a name (letters, digits, '-', '_'; other characters in their xn-- form), an IPv4 address
// of four decimal numbers, or an IPv6 address in brackets.
[[nodiscard]] Result<Host> parseHost(std::string_view text);

// "HOST", "HOST:PORT".
struct HostAndPort {
  Host host;
  std::optional<std::uint16_t> port;
};
[[nodiscard]] Result<HostAndPort> parseHostAndPort(std::string_view text);

}  // namespace wagi::outbound
