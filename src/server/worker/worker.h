// One worker: an event loop that accepts connections and runs guests, until it is told to stop.
#pragma once

#include "server/runner/sockets.h"
#include "server/worker/counters.h"
#include "server/worker/plan.h"

namespace wagi::worker {

// Runs until told to stop, as runner::WorkerLoop is; returns the process's exit code. 1 when it
// couldn't start, with the reason in the log. Borrows the plan and the counters, which all workers
// of it share.
int run(const Plan& plan, const runner::WorkerSockets& sockets, SharedCounters& counters);

}  // namespace wagi::worker
