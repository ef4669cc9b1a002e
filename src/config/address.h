// Addresses as flags and files write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wagi::config {

// Where a server listens.
struct Endpoint {
  std::string ip;          // IPv4 or IPv6, without brackets.
  std::uint16_t port = 0;  // 0: the kernel chooses one.
  bool v6 = false;
  // "127.0.0.1:3000", "[::1]:3000"
  [[nodiscard]] std::string text() const;
};

// IP:PORT or [IPv6]:PORT. Names aren't looked up.
[[nodiscard]] Result<Endpoint> parseEndpoint(std::string_view text);

// HOST[:PORT]: views into the text that was split.
struct HostPort {
  std::string_view host;  // An IPv6 address keeps its brackets (RFC 3875 4.1.14).
  std::optional<std::uint16_t> port;
};

// The host is a name, an IPv4 address or an IPv6 address in brackets.
[[nodiscard]] Result<HostPort> parseHostPort(std::string_view text);

}  // namespace wagi::config
