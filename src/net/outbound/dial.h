// One connection to an allowed host, to no address but those that its entry permits. Blocks.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "net/outbound/allowed_hosts.h"

namespace wagi::outbound {

struct Refusal {
  enum class Kind : std::uint8_t { kNotAllowed, kFailed };
  Kind kind = Kind::kFailed;
  std::string message;
};

// A name's addresses, in the order to try them.
using Lookup = std::function<Result<std::vector<IpAddress>>(const std::string& name)>;
// getaddrinfo(3).
[[nodiscard]] Result<std::vector<IpAddress>> lookUp(const std::string& name);

// The addresses of the host that `entry` permits. Looked up once: what is checked is what is
// connected to, so that a name which changes its mind (DNS rebinding) gains nothing.
[[nodiscard]] std::expected<std::vector<IpAddress>, Refusal> permittedAddresses(
    const AllowedHost& entry, const Host& host, const Lookup& look_up);

// A connected socket, non-blocking. REQUIRES: `entry` allows `origin`.
[[nodiscard]] std::expected<UniqueFd, Refusal> dial(const AllowedHost& entry, const Origin& origin,
                                                    const Lookup& look_up,
                                                    std::chrono::milliseconds time_max);

}  // namespace wagi::outbound
