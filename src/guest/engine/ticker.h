// Interrupts running guests every slice of CPU time, so that they take turns.
//
// The process's CPU clock drives it (timer_create(2) with CLOCK_PROCESS_CPUTIME_ID): a worker that
// idles is never woken, and a busy one pays a signal a slice. A kernel of 250 Hz makes any slice a
// multiple of 4 ms.
//
// That is long for a request that needs microseconds, so a guest that is known to compute is run
// under a Watch: as soon as somebody else wants the core, it is interrupted.
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
  // ThreadSanitizer holds signals back until the next system call, and a guest's loop makes none:
  // tests of such a loop are left out there.
  static constexpr bool kReachesLoops = !kThreadSanitizer;

  // How long somebody waits until a Watch sees it. A look costs 2 us: 2 % of what the guest gets.
  static constexpr std::chrono::microseconds kLookPeriod{100};

  // Interrupts `engines`, which it borrows, after each `slice` of CPU time until it is destroyed.
  // `wanted` is readable while somebody waits for the core; -1: nobody ever does. At most one
  // ticker exists in a process: a signal's handler is the process's.
  [[nodiscard]] static Result<Ticker> start(std::span<const Engine* const> engines,
                                            std::chrono::milliseconds slice, int wanted = -1);
  Ticker(Ticker&& other) noexcept;
  Ticker& operator=(Ticker&&) = delete;
  ~Ticker();

  // While it lives, guests are interrupted when somebody wants the core.
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
