// The sockets that a server accepts connections from.
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"
#include "config/address.h"

namespace wagi::supervisor {

struct Listener {
  UniqueFd fd;                // Listening, non-blocking.
  config::Endpoint asked;     // As it was given.
  config::Endpoint endpoint;  // With the port that the kernel chose, where none was asked for.
};

// The error says what is in the way, and what to do about it.
[[nodiscard]] Result<Listener> listenOn(const config::Endpoint& endpoint);

}  // namespace wagi::supervisor
