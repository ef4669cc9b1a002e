// Helpers for a forked child that isn't exec'ed: which descriptors it keeps, and how it ends.
#pragma once

#include <unistd.h>

#include <vector>

// Writes the counters of a coverage build (gcc --coverage) to their files. Without this call they
// are written at exit(3) only. Null in every other build.
extern "C" void __gcov_dump() __attribute__((weak));  // NOLINT(bugprone-reserved-identifier)

namespace wagi {

// Closes all descriptors but `keep` and the first three. A child has no business with what its
// parent holds open, and the end of a socket is seen only when no other process keeps it open.
void closeAllBut(std::vector<int> keep);

// Whether this is a coverage build, whose processes write files beside the objects as they end.
[[nodiscard]] inline bool writesCounts() { return __gcov_dump != nullptr; }

// Ends the process without running what the parent registered with atexit(3), and without writing
// the parent's stdio buffers a second time.
[[noreturn]] inline void exitChild(int code) {
  if (writesCounts()) __gcov_dump();
  ::_exit(code);
}

}  // namespace wagi
