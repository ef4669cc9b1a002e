// Sockets that the processes of a server inherit, to be reached by clients and by each other.
#pragma once

#include <cstddef>
#include <vector>

#include "net/http/ticket_keys.h"

namespace wagi::runner {

// The sockets of one generation; all of it is borrowed.
struct Sockets {
  std::vector<int> listening = {};                // In the order of the server's listeners.
  const http::TicketKeys* ticket_keys = nullptr;  // Null where no listener has TLS.
};

// The sockets of one worker.
struct WorkerSockets {
  // Listening, in the order of the server's listeners; the worker closes them when it accepts no
  // more.
  std::vector<int> listening = {};
  // Gets a byte when the worker is ready; the byte that comes back lets it accept connections. Its
  // end means that the first process died. -1: there is none, it accepts at once.
  int control = -1;
  std::size_t index = 0;                          // Among the workers of its generation.
  const http::TicketKeys* ticket_keys = nullptr;  // Null where no listener has TLS.
};

}  // namespace wagi::runner
