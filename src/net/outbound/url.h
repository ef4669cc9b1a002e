// The URL that a guest wants, read strictly: whatever two readers could understand differently is
// refused, so that the host that is allowed is the host that is connected to. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/outbound/address.h"

namespace wagi::outbound {

enum class Scheme : std::uint8_t { kHttp, kHttps };

[[nodiscard]] constexpr std::string_view textOf(Scheme scheme) {
  return scheme == Scheme::kHttp ? "http" : "https";
}
[[nodiscard]] constexpr std::uint16_t defaultPort(Scheme scheme) {
  return scheme == Scheme::kHttp ? 80 : 443;
}

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
struct Authority {
  Host host;
  std::optional<std::uint16_t> port;
};
[[nodiscard]] Result<Authority> parseAuthority(std::string_view text);

// Takes "http://" or "https://" away from the front of `text`, if it is there.
[[nodiscard]] std::optional<Scheme> takeScheme(std::string_view& text);

}  // namespace wagi::outbound
