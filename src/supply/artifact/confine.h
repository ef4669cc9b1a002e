// What a process gives up before it compiles a module that may be anyone's: the compiler is large,
// and what it is fed is chosen to break it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "supply/artifact/cache.h"

namespace wagi::artifact {

// Limits of compiling one module, and of finding out what has to be known of it.
struct CompileLimits {
  // By the clock, and of CPU time, all cores together. 0 is no limit.
  std::chrono::milliseconds time_max{300'000};
  // `compile_memory_max`; 0 is no limit. Ruby, of 31 MB the largest module of the examples,
  // takes 1.3 GiB on two cores.
  std::uint64_t memory_bytes_max = 2ULL << 30;
  std::size_t threads_max = 1;  // As many as there are cores, and kThreadsMax.
};

// Each thread of the compiler takes a function, and memory for it.
inline constexpr std::size_t kCompileThreadsMax = 16;

// Leaves this process the directories of `cache`, the system calls of a compiler, and what `limits`
// say; `run_bytes_max` (0: no limit) comes on top when allowRun() asks for it. Irrevocable.
// REQUIRES: the process has one thread.
[[nodiscard]] Result<void> confineCompiler(const Cache& cache, const CompileLimits& limits,
                                           std::uint64_t run_bytes_max);

// Whether memory_bytes_max holds: not in a build with a sanitizer, whose own memory counts, too,
// and is larger than any limit.
[[nodiscard]] bool limitsMemory();

// The compiler is done: instances have memory of their own.
void allowRun();

// Takes the files and most system calls, too, before the module's own code runs.
[[nodiscard]] Result<void> confineRun();

}  // namespace wagi::artifact
