// The system calls that are left to this process, for good (seccomp(2)).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"

namespace wagi::lockdown {

enum class Calls : std::uint8_t {
  kWorker,    // Sockets that are open, files, memory, clocks.
  kNoFiles,   // Of those only what a computation needs that reads and writes what is open.
  kCompiler,  // Files, threads, memory that becomes code; and to give up more later.
  // Connections to elsewhere, threads, and files to read: looking up a name needs several.
  kConnector,
};

// Whether this kernel filters system calls.
[[nodiscard]] bool canFilterSystemCalls();

// Applies to every thread of the process: any call but those fails with EPERM, and one that only an
// attack makes (execve, ptrace, mount...) ends the process by SIGSYS, so that somebody notices. No
// memory becomes executable any more, but kCompiler's. Returns how many calls are left. REQUIRES:
// no_new_privs is set, and canFilterSystemCalls().
[[nodiscard]] Result<std::size_t> limitSystemCalls(Calls calls);

}  // namespace wagi::lockdown
