// One worker: an event loop that accepts connections and runs guests, until it is told to stop.
#pragma once

#include <cstddef>
#include <vector>

#include "net/http/ticket_keys.h"
#include "server/worker/counters.h"
#include "server/worker/plan.h"

namespace wagi::worker {

// What a worker inherits beside the plan.
struct Sockets {
  // Listening, in the order of plan.listeners; run() closes them when it accepts no more.
  std::vector<int> listening;
  // Gets a byte when the worker is ready; the byte that comes back lets it accept connections. Its
  // end means that the supervisor died. -1: there is none, it accepts at once.
  int control = -1;
  std::size_t index = 0;  // Below plan.workers_count; this worker's row of the counters.
  SharedCounters* counters = nullptr;
  const http::TicketKeys* ticket_keys = nullptr;  // Null where no listener has TLS.
};

// Runs until told to stop; returns the process's exit code. SIGUSR1: accepts no more, lets every
// connection make one more request, ends when none is left. SIGTERM, SIGINT: finishes the requests
// that run. Both end after plan.drain_max at the latest; a second SIGTERM or SIGINT ends at once.
// 1 when it couldn't start, with the reason in the log.
int run(const Plan& plan, const Sockets& sockets);

}  // namespace wagi::worker
