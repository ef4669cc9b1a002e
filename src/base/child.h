// A forked child that isn't exec'ed: what it inherits, and its end.
#pragma once

#include <unistd.h>

#include <vector>

// gcc's own function of an instrumented build (--coverage), which otherwise writes its counts at
// exit(3).
extern "C" void __gcov_dump() __attribute__((weak));  // NOLINT(bugprone-reserved-identifier)

namespace wagi {

// Closes all descriptors but these and the first three: what a parent holds is no business of its
// child's, and the end of a socket is only seen when nobody else keeps it open.
void closeAllBut(std::vector<int> keep);

// Whether this build writes what it counted at its end, wherever it was compiled.
[[nodiscard]] inline bool writesCounts() { return __gcov_dump != nullptr; }

// Ends the process without what the parent registered with atexit(3), and without writing what the
// parent had in stdio's buffers a second time.
[[noreturn]] inline void exitChild(int code) {
  if (writesCounts()) __gcov_dump();
  ::_exit(code);
}

}  // namespace wagi
