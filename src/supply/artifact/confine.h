// Confines a process before it compiles a foreign module: the compiler is large, and a module may
// be made to break it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "supply/artifact/cache.h"

namespace wagi::artifact {

// Bounds on compiling and inspecting one module.
struct CompileLimits {
  // Applies to wall time, and to CPU time of all cores together. 0 is no limit.
  std::chrono::milliseconds time_max{300'000};
  // The key `compile_memory_max`; 0 is no limit. Ruby, with 31 MB the largest module of the
  // examples, takes 1.3 GiB on two cores.
  std::uint64_t memory_bytes_max = 2ULL << 30;
  std::size_t threads_max = 1;  // The caller sets as many as there are cores.
};

// Bounds threads_max, since each thread of the compiler needs memory for the function that it
// compiles.
inline constexpr std::size_t kCompileThreadsMax = 16;

// Leaves this process, irrevocably, only the directories of `cache`, the system calls of a
// compiler, and the time, memory and threads of `limits`. allowRun() later adds `run_bytes_max` (0:
// no limit) to the memory. REQUIRES: the process has one thread.
[[nodiscard]] Result<void> confineCompiler(const Cache& cache, const CompileLimits& limits,
                                           std::uint64_t run_bytes_max);

// Whether memory_bytes_max is enforced. It isn't in a build with a sanitizer, whose own memory
// would count, and is larger than any limit.
[[nodiscard]] bool limitsMemory();

// Allows the memory of instances, once the compiler is done.
void allowRun();

// Takes away the files and most system calls, before the module's own code runs.
[[nodiscard]] Result<void> confineRun();

}  // namespace wagi::artifact
