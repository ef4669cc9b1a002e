// Tells people that the server is ready, and what it serves.
#pragma once

#include <string>

#include "server/supervisor/files.h"
#include "server/worker/plan.h"

namespace wagi::supervisor {

// The routes and "Ready: serving on http://127.0.0.1:3000": on stdout, or as log lines where the
// log is JSON.
void announceReady(const worker::Plan& plan);

// "http://127.0.0.1:3000, https://[::]:443, unix:/run/wagi.sock"
[[nodiscard]] std::string addressesOf(const worker::Plan& plan);

void logWarnings(const Diagnostics& warnings);
void logMistakes(const Diagnostics& mistakes);

}  // namespace wagi::supervisor
