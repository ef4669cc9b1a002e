// The connector: a process that makes connections for a worker, which has locked itself out of
// making any.
//
// The worker asks it over a pair of sockets, and gets a connected socket or a refusal in words. The
// connector decides by its own copy of allowed_hosts, so that a guest which has broken out into the
// worker reaches nothing else. The connector ends when the worker closes its end of the pair. If
// the connector ends first, so does the worker, and the supervisor starts another.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "lockdown/user.h"
#include "net/outbound/allowed_hosts.h"
#include "net/outbound/dial.h"
#include "net/outbound/limits.h"

namespace wagi::outbound {

// A worker's question, one message. The connector checks every part of it.
struct ConnectRequest {
  std::uint32_t id = 0;     // Chosen by the worker; the reply has it too.
  std::uint32_t route = 0;  // Index into ConnectorSettings::routes.
  std::uint16_t port = 0;
  Scheme scheme = Scheme::kHttp;
  std::array<char, 257> host{};  // In the form of a URL, with a NUL behind it.
};

// The connector's answer, one message. It carries the socket (SCM_RIGHTS) with kConnected.
struct ConnectReply {
  enum class Outcome : std::uint8_t { kConnected, kNotAllowed, kFailed };
  std::uint32_t id = 0;
  Outcome outcome = Outcome::kFailed;
  std::array<char, 251> message{};
};

struct ConnectorSettings {
  std::vector<std::vector<AllowedHost>> routes;  // allowed_hosts of each route of the plan.
  std::size_t worker_index = 0;                  // Part of the process's name.
  std::optional<lockdown::User> user;            // The user to become, if any.
  bool locked_down = true;
  std::chrono::milliseconds connect_max = Timeouts{}.connect_max;
};

// Starts a connector, and returns the worker's end of the pair, non-blocking. Sets SIGCHLD to be
// ignored, so that a connector that ends leaves no zombie. REQUIRES: the process has one thread.
[[nodiscard]] Result<UniqueFd> startConnector(const ConnectorSettings& settings);

// Runs in the connector: answers until the other end of `socket` is closed. REQUIRES: `clock` lives
// as long as the process, as a thread that connects may.
void serveConnector(UniqueFd socket, const ConnectorSettings& settings, const Lookup& look_up,
                    const Clock& clock);

}  // namespace wagi::outbound
