// What a server tells when it is ready.
#pragma once

#include "config/address.h"
#include "server/supervisor/files.h"
#include "server/worker/plan.h"

namespace wagi::supervisor {

// The routes and "Ready: serving on http://127.0.0.1:3000": on stdout, or as log lines where the
// log is JSON.
void announceReady(const worker::Plan& plan, const config::Endpoint& endpoint);

// "http://127.0.0.1:3000"
[[nodiscard]] std::string urlOf(const worker::Plan& plan, const config::Endpoint& endpoint);

void logWarnings(const Diagnostics& warnings);
void logMistakes(const Diagnostics& mistakes);

}  // namespace wagi::supervisor
