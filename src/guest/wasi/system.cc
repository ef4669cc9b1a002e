#include "guest/wasi/system.h"

#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "guest/wasi/limits.h"

namespace wagi::wasi {
namespace {

std::chrono::nanoseconds readClock(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

std::size_t descriptorsMax() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return limit.rlim_cur;
}

class KernelSystem final : public System {
 public:
  std::chrono::nanoseconds wallClock() override { return readClock(CLOCK_REALTIME); }
  std::chrono::steady_clock::time_point monotonicClock() override {
    return std::chrono::steady_clock::now();
  }
  std::chrono::nanoseconds cpuClock() override { return readClock(CLOCK_THREAD_CPUTIME_ID); }

  void random(std::span<std::byte> out) override {
    while (!out.empty()) {
      const ssize_t got = ::getrandom(out.data(), out.size(), 0);
      if (got < 0) {
        if (errno == EINTR) continue;
        // Only a kernel without getrandom(2) fails; a guest must never take zeros for random bytes.
        std::perror("getrandom");
        std::abort();
      }
      out = out.subspan(static_cast<std::size_t>(got));
    }
  }
  std::size_t openFilesMax() override { return open_files_max_; }

 private:
  const std::size_t open_files_max_ = descriptorsMax() / kGuestsDescriptorsDivisor;
};

}  // namespace

System& realSystem() {
  static KernelSystem system;
  return system;
}

}  // namespace wagi::wasi
