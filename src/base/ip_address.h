// Parses and writes IP addresses.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wagi {

struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};  // IPv4 uses the first four.
  bool v6 = false;

  // Parses dotted decimal with four parts, or IPv6 without brackets and zone; none of the other
  // forms that inet_aton(3) takes.
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);
  [[nodiscard]] static std::optional<IpAddress> of(const sockaddr& address);
  [[nodiscard]] std::string text() const;
  bool operator==(const IpAddress&) const = default;
};

}  // namespace wagi
