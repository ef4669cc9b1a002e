// Makes one connection to an allowed host, only to addresses that its entry permits. Blocks.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "net/outbound/allowed_hosts.h"

namespace wagi::outbound {

// Why there is no connection, or no answer.
struct Refusal {
  enum class Kind : std::uint8_t { kNotAllowed, kFailed };
  Kind kind = Kind::kFailed;
  std::string message;
};

// Finds a name's addresses, in the order in which to try them.
using Lookup = std::function<Result<std::vector<IpAddress>>(const std::string& name)>;
// The Lookup by getaddrinfo(3).
[[nodiscard]] Result<std::vector<IpAddress>> lookUp(const std::string& name);

// The addresses of `host` that `entry` permits. The name is looked up once, and the addresses that
// are checked are those that are connected to, so that DNS rebinding gains nothing.
[[nodiscard]] std::expected<std::vector<IpAddress>, Refusal> permittedAddresses(
    const AllowedHost& entry, const Host& host, const Lookup& look_up);

// Returns a connected socket, non-blocking. REQUIRES: `entry` allows `origin`.
[[nodiscard]] std::expected<UniqueFd, Refusal> dial(const AllowedHost& entry, const Origin& origin,
                                                    const Lookup& look_up,
                                                    std::chrono::milliseconds time_max,
                                                    const Clock& clock);

}  // namespace wagi::outbound
