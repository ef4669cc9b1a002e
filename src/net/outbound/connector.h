// The process that makes connections for a worker, which locks itself out of making any.
//
// The worker asks it over a pair of sockets, and gets a connected socket or a refusal in words. It
// decides by its own copy of allowed_hosts, so that a worker which a guest has broken out into
// reaches nothing else. It ends with the worker, whose end of the pair it sees; if it ends first,
// the worker ends, and the supervisor starts another one.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "lockdown/user.h"
#include "net/outbound/allowed_hosts.h"
#include "net/outbound/dial.h"
#include "net/outbound/limits.h"

namespace wagi::outbound {

// What the worker asks, in one message. Only this process checks it: it believes nothing.
struct ConnectRequest {
  std::uint32_t id = 0;  // The worker's, and of the reply.
  std::uint32_t route = 0;
  std::uint16_t port = 0;
  Scheme scheme = Scheme::kHttp;
  std::array<char, 257> host{};  // As a URL has it, and NUL.
};

// What it is told, in one message, with the socket in it (SCM_RIGHTS) where there is one.
struct ConnectReply {
  enum class Outcome : std::uint8_t { kConnected, kNotAllowed, kFailed };
  std::uint32_t id = 0;
  Outcome outcome = Outcome::kFailed;
  std::array<char, 251> message{};
};

struct ConnectorSettings {
  std::vector<std::vector<AllowedHost>> routes;  // By their index in the plan.
  std::size_t worker_index = 0;                  // For the process's name.
  std::optional<lockdown::User> user;            // To become.
  bool locked_down = true;
  std::chrono::milliseconds connect_max = Times{}.connect_max;
};

// Starts it: the worker's end of the pair, non-blocking. The calling process must have one thread,
// and is left with SIGCHLD ignored, so that the connector's end leaves no zombie.
[[nodiscard]] Result<UniqueFd> startConnector(const ConnectorSettings& settings);

// What that process does: answers until the other end of `socket` is closed.
void serveConnector(UniqueFd socket, const ConnectorSettings& settings, const Lookup& look_up);

}  // namespace wagi::outbound
