#include "supply/artifact/confine.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/child.h"
#include "base/file.h"
#include "base/sanitizer.h"
#include "lockdown/lockdown.h"

namespace wagi::artifact {
namespace {

// Memory that an instance needs beside its linear memory: for tables, its stack.
constexpr std::uint64_t kInstanceBytes = 256ULL << 20;

Result<void> limit(int resource, const char* name, rlim_t soft, rlim_t hard) {
  rlimit now{};
  ::getrlimit(static_cast<__rlimit_resource>(resource), &now);
  // A hard limit that is set already is never raised.
  const rlimit next{std::min(soft, now.rlim_max), std::min(hard, now.rlim_max)};
  if (::setrlimit(static_cast<__rlimit_resource>(resource), &next) == 0) return {};
  return fail(fmt::format("setrlimit({}): {}", name, std::strerror(errno)));
}

Result<void> limitResources(const CompileLimits& limits, std::uint64_t run_bytes_max) {
  // A compiler that meets its limit writes no core file, which would be large.
  if (auto done = limit(RLIMIT_CORE, "RLIMIT_CORE", 0, 0); !done) return done;
  if (limits.time_max.count() != 0) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(limits.time_max).count();
    const auto soft = static_cast<rlim_t>(seconds);
    if (auto done = limit(RLIMIT_CPU, "RLIMIT_CPU", soft, soft + 1); !done) return done;
  }
  if (limits.memory_bytes_max == 0 || !limitsMemory()) return {};
  // Code is in memory before it is in a file, so a file may be as large. Past that, write(2) fails
  // with EFBIG, since the signal is ignored.
  ::signal(SIGXFSZ, SIG_IGN);
  const rlim_t most = limits.memory_bytes_max;
  if (auto done = limit(RLIMIT_FSIZE, "RLIMIT_FSIZE", most, most); !done) return done;
  // RLIMIT_AS would count the address space too that an instance's memory reserves.
  const rlim_t hard = run_bytes_max == 0 ? RLIM_INFINITY : most + run_bytes_max + kInstanceBytes;
  return limit(RLIMIT_DATA, "RLIMIT_DATA", most, hard);
}

}  // namespace

Result<void> confineCompiler(const Cache& cache, const CompileLimits& limits,
                             std::uint64_t run_bytes_max) {
  // Rayon is told, since behind Landlock it can't read the quota of its cgroup.
  const std::size_t threads = std::clamp<std::size_t>(limits.threads_max, 1, kCompileThreadsMax);
  ::setenv("RAYON_NUM_THREADS", std::to_string(threads).c_str(), /*overwrite=*/0);
  if (auto limited = limitResources(limits, run_bytes_max); !limited) return limited;
  if (writesCounts()) return {};
  std::vector<UniqueFd> opened;
  lockdown::KeptAccess kept{
      .user = {}, .folders = {}, .calls = lockdown::SystemCallList::kCompiler};
  for (const std::string& directory : cache.directories()) {
    opened.push_back(openFolder(directory));
    if (!opened.back()) {
      return fail(fmt::format("can't open {}: {}", directory, std::strerror(errno)));
    }
    kept.folders.push_back({opened.back().get(), lockdown::Folder::Access::kChange});
  }
  const auto locked = lockdown::lockDown(kept);
  if (!locked) return std::unexpected(locked.error());
  return {};
}

bool limitsMemory() { return !kAddressSanitizer && !kThreadSanitizer; }

void allowRun() {
  rlimit memory{};
  if (::getrlimit(RLIMIT_DATA, &memory) != 0) return;
  memory.rlim_cur = memory.rlim_max;
  ::setrlimit(RLIMIT_DATA, &memory);
}

Result<void> confineRun() {
  if (writesCounts() || !lockdown::canFilterSystemCalls()) return {};
  const auto left = lockdown::limitSystemCalls(lockdown::SystemCallList::kNoFiles);
  if (!left) return std::unexpected(left.error());
  return {};
}

}  // namespace wagi::artifact
