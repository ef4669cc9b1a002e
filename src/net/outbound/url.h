// The URL that a guest wants, read strictly: whatever two readers could understand differently is
// refused, so that the host that is allowed is the host that is connected to. Pure.
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
  std::string name;  // Of an address its canonical text, without brackets.
  std::optional<IpAddress> address;
  bool operator==(const Host&) const = default;
};

struct Origin {
  Scheme scheme = Scheme::kHttp;
  Host host;
  std::uint16_t port = 0;

  // As a Host field has it: the port only where it isn't the scheme's own.
  [[nodiscard]] std::string authority() const;
  bool operator==(const Origin&) const = default;
};

struct Url {
  Origin origin;
  std::string target;  // Path and query as they are sent; begins with '/'.
};

// http: and https: with a host, as RFC 3986 writes them. Spaces and bytes beyond ASCII in the path
// and the query are percent-encoded; a fragment is dropped.
[[nodiscard]] Result<Url> parseUrl(std::string_view text);

// A name (letters, digits, '-', '_'; others as their xn-- form), four decimal numbers, or IPv6 in
// brackets.
[[nodiscard]] Result<Host> parseHost(std::string_view text);

// "HOST", "HOST:PORT".
struct HostAndPort {
  Host host;
  std::optional<std::uint16_t> port;
};
[[nodiscard]] Result<HostAndPort> parseHostAndPort(std::string_view text);

}  // namespace wagi::outbound
