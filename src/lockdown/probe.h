// What native code would try that has broken out of a guest, and what comes of it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "lockdown/lockdown.h"

namespace wagi::lockdown {

// One thing to try. `attempt` makes system calls only, so that it may run in a signal handler;
// negative is the errno that refused it.
struct Escape {
  const char* what;
  long (*attempt)();
};

// All of them; each succeeds for root in a process that isn't locked down.
[[nodiscard]] std::span<const Escape> escapes();

struct Outcome {
  std::string what;
  bool refused = false;
  std::string how;  // "EACCES", "SIGSYS ended the process", or "it went through".
};

// Tries each in a process of its own that is locked down by `needs`.
[[nodiscard]] Result<std::vector<Outcome>> probe(const Needs& needs);

// How an escape went of which this is the result, or else the status of waitpid(2).
[[nodiscard]] Outcome outcomeOf(const Escape& escape, long result);
[[nodiscard]] Outcome outcomeOfEnd(const Escape& escape, int status);

}  // namespace wagi::lockdown
