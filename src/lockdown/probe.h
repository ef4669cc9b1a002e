// Tries in a locked-down process what native code would try that broke out of a guest, to show that
// it is refused: for `wagi check --security`, and for tests.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "lockdown/lockdown.h"

namespace wagi::lockdown {

// One way to break out of a process.
struct Escape {
  const char* what;   // In words, such as "read /etc/passwd".
  long (*attempt)();  // Makes system calls only, so a signal handler may call it. Negative: -errno.
  bool needs_network = false;  // A process that may connect to elsewhere may do this.
};

// All escapes that are tried. Each succeeds for root in a process that isn't locked down.
[[nodiscard]] std::span<const Escape> escapes();

// How one escape went.
struct Outcome {
  std::string what;  // As in Escape.
  bool refused = false;
  std::string how;  // "EACCES", "SIGSYS ended the process", or "it went through".
};

// Tries each escape in a process of its own that is locked down to `kept`, but for those that
// `kept` allows.
[[nodiscard]] Result<std::vector<Outcome>> probe(const KeptAccess& kept);

// Judges an escape by what its attempt() returned, or, where the process ended before it returned,
// by the status of waitpid(2).
[[nodiscard]] Outcome outcomeOf(const Escape& escape, long result);
[[nodiscard]] Outcome outcomeOfEnd(const Escape& escape, int status);

}  // namespace wagi::lockdown
