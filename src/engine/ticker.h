// Interrupts running guests every slice of CPU time, so that they take turns.
//
// The process's CPU clock drives it (timer_create(2) with CLOCK_PROCESS_CPUTIME_ID): a worker that
// idles is never woken, and a busy one pays a signal a slice.
#pragma once

#include <time.h>

#include <chrono>
#include <span>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"

namespace wagi::engine {

class Ticker {
 public:
  // ThreadSanitizer holds signals back until the next system call, and a guest's loop makes none:
  // tests of such a loop are left out there.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
  static constexpr bool kReachesLoops = false;
#else
  static constexpr bool kReachesLoops = true;
#endif
#else
  static constexpr bool kReachesLoops = true;
#endif

  // Interrupts `engines`, which it borrows, after each `slice` of CPU time until it is destroyed.
  // At most one exists in a process: a signal's handler is the process's.
  [[nodiscard]] static Result<Ticker> start(std::span<const Engine* const> engines,
                                            std::chrono::milliseconds slice);
  Ticker(Ticker&& other) noexcept;
  Ticker& operator=(Ticker&&) = delete;
  ~Ticker();

 private:
  explicit Ticker(timer_t timer) : timer_(timer), running_(true) {}
  timer_t timer_;
  bool running_;
};

}  // namespace wagi::engine
