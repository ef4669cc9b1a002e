// The end of a forked child that isn't exec'ed.
#pragma once

#include <unistd.h>

// Of an instrumented build (--coverage), which writes its counts at exit(3) otherwise.
extern "C" void __gcov_dump() __attribute__((weak));

namespace wagi {

// Ends the process without what the parent registered with atexit(3), and without writing what the
// parent had in stdio's buffers a second time.
[[noreturn]] inline void exitChild(int code) {
  if (__gcov_dump != nullptr) __gcov_dump();
  ::_exit(code);
}

}  // namespace wagi
