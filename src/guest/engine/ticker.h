// Interrupts running guests every slice of CPU time, so that they take turns.
//
// The process's CPU clock drives it (timer_create(2) with CLOCK_PROCESS_CPUTIME_ID): an idle worker
// is never woken, and a busy one pays a signal for each slice. A kernel of 250 Hz makes any slice a
// multiple of 4 ms.
//
// A slice is long for a request that needs microseconds. So a guest that is known to compute runs
// under a Watch, which interrupts it as soon as another task waits for the core.
#pragma once

#include <time.h>

#include <chrono>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/sanitizer.h"
#include "guest/engine/engine.h"

namespace wagi::engine {

class Ticker {
 public:
  // Whether signals reach a guest's loop. ThreadSanitizer delays them until the next system call,
  // and a loop makes none, so tests of such loops are skipped there.
  static constexpr bool kReachesLoops = !kThreadSanitizer;

  // How often a Watch looks whether a task waits. A look takes 2 us, 2 % of the guest's time.
  static constexpr std::chrono::microseconds kLookPeriod{100};

  // Interrupts `engines`, which it borrows, after each `slice` of CPU time until it is destroyed.
  // `wanted` is a descriptor that is readable while a task waits for the core, or -1. REQUIRES: the
  // process has no other ticker, since signal handlers are the process's.
  [[nodiscard]] static Result<Ticker> start(std::span<const Engine* const> engines,
                                            std::chrono::milliseconds slice, int wanted = -1);
  Ticker(Ticker&& other) noexcept;
  Ticker& operator=(Ticker&&) = delete;
  ~Ticker();

  // While a Watch exists, guests are interrupted when a task waits for the core.
  class Watch {
   public:
    explicit Watch(const Ticker& ticker);
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch();

   private:
    const Ticker& ticker_;
  };

 private:
  Ticker(timer_t slices, timer_t looks) : slices_(slices), looks_(looks), running_(true) {}
  timer_t slices_;
  timer_t looks_;
  bool running_;
};

}  // namespace wagi::engine
