// Restricts, irrevocably, which system calls this process can make (seccomp(2)).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"

namespace wagi::lockdown {

// The lists of calls, each named for the process that it leaves enough to.
enum class SystemCallList : std::uint8_t {
  kWorker,    // Files, memory, clocks, and sockets that are open already or accepted.
  kNoFiles,   // Memory, clocks, and descriptors that are open: to run one guest.
  kCompiler,  // Files, threads, executable memory, and what a later lock-down needs.
  // Connections, threads, and files to read, several of which a look-up of a name needs.
  kConnector,
  kFetcher,      // As kConnector, and files to make and change.
  kStoreServer,  // As kWorker, and files to make and change.
};

// Whether connections to elsewhere are left.
[[nodiscard]] constexpr bool hasNetwork(SystemCallList calls) {
  return calls == SystemCallList::kConnector || calls == SystemCallList::kFetcher;
}

// Whether this kernel filters system calls.
[[nodiscard]] bool canFilterSystemCalls();

// Leaves every thread of the process only `calls`. Any other call fails with EPERM, but one that
// only an attack makes (execve, ptrace, mount...) ends the process by SIGSYS, so that somebody
// notices. No memory becomes executable any more, except under kCompiler. Returns how many calls
// are left. REQUIRES: no_new_privs is set, and canFilterSystemCalls().
[[nodiscard]] Result<std::size_t> limitSystemCalls(SystemCallList calls);

}  // namespace wagi::lockdown
