// How one guest shares the core: which slices of CPU time it has, and when others come first.
//
// Most guests end in their first slice, which costs one reading of a cheap clock. A guest that goes
// on is measured by its CPU time: one that computes more than kComputesAfter between its waits runs
// only in its turn, in slices of kSliceMax. Whose turn it is, is the event loop's to say
// (net/loop/run_queue.h); the scheduler says when a guest needs one.
//
// Belongs to one run of a guest, and tells the route's histories of it at the end.
#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include "guest/engine/instance.h"
#include "guest/wasi/system.h"
#include "server/worker/compute_history.h"

namespace wagi::worker {

// The ticker's period. A guest that nobody knew to compute gives the core to others after this much
// CPU time, or twice as much where the period had begun before the guest.
inline constexpr std::chrono::milliseconds kTickPeriod{2};
// A guest that uses more in one go, or more between its waits, is one that computes: it runs only
// in its turn, and gives the core up as soon as somebody else wants it.
inline constexpr std::chrono::microseconds kComputesAfter{200};
// A guest that has computed for less has it at a stretch: that it is let end costs others less than
// looking out for them does (two timers' interrupts, and caches that they had filled).
inline constexpr std::chrono::microseconds kWatchedAfter{600};
// The slice of a guest that computes, interruptions not counted, before the next one's.
inline constexpr std::chrono::milliseconds kSliceMax{1};
// A guest that waits may use a hundredth of that time before it computes.
inline constexpr int kRestDivisor = 100;

class GuestScheduler {
 public:
  // Whether the guest is interrupted as soon as somebody wants the core (engine::Ticker::Watch).
  enum class Watched : bool { kNo, kYes };
  // The slice that a guest which gave up the core goes on with.
  enum class Slice : bool { kSame, kNew };

  // Borrows both. The CPU clock of `system` must be that of the calling thread.
  GuestScheduler(wasi::System& system, RouteHistory& history)
      : system_(system), history_(history), began_(system.monotonicClock()) {}
  GuestScheduler(const GuestScheduler&) = delete;
  GuestScheduler& operator=(const GuestScheduler&) = delete;
  ~GuestScheduler();

  [[nodiscard]] std::chrono::steady_clock::time_point began() const { return began_; }
  // The guest wasn't ready to run until now.
  void beginLate() { began_ = system_.monotonicClock(); }
  // The guest has waited for its turn already, so that its first slice is one of a guest that
  // computes.
  void beginInTurn() { first_ = false; }

  // Gives the guest the core until it ends, waits or should let others run. `resume` takes a
  // Watched, resumes the guest and returns why it stopped; it is called once or more.
  template <class Resume>
  [[nodiscard]] engine::Stop run(const Resume& resume) {
    ran_ = true;
    engine::Stop stop = std::exchange(first_, false) ? runFirst(resume) : runMeasured(resume);
    // A call of a few pieces is no reason to let others run, nor to send what was printed so far.
    while (engine::is<wasi::BetweenPieces>(stop) && !computes()) stop = runMeasured(resume);
    return stop;
  }

  // Around each wait for something but the core.
  void beginRest();
  void endRest();
  // Called before each wait for the core.
  [[nodiscard]] Slice nextSlice();

  // Whether the guest runs only in its turn.
  [[nodiscard]] bool computes() const { return since_rest_ > kComputesAfter; }
  [[nodiscard]] std::chrono::nanoseconds cpuTime() const { return used_; }

 private:
  // Timed by the monotonic clock, which costs a tenth of the thread's CPU clock, and only where the
  // guest doesn't end.
  template <class Resume>
  engine::Stop runFirst(const Resume& resume) {
    const engine::Stop stop = resume(Watched::kNo);
    if (engine::is<engine::Ended>(stop)) return stop;
    addFirst();
    // The tick that ended this slice may have come right after its begin: more lets a short guest
    // end, its answer leave whole, and tells it from one that computes.
    return engine::is<engine::Interrupted>(stop) ? runMeasured(resume) : stop;
  }
  template <class Resume>
  engine::Stop runMeasured(const Resume& resume) {
    const auto before = system_.cpuClock();
    const engine::Stop stop = resume(watched());
    add(system_.cpuClock() - before);
    return stop;
  }
  [[nodiscard]] Watched watched() const;
  void addFirst();
  void add(std::chrono::nanoseconds used);

  wasi::System& system_;
  RouteHistory& history_;
  std::chrono::steady_clock::time_point began_;
  std::chrono::steady_clock::time_point rest_began_;
  std::chrono::nanoseconds used_{};                // CPU time.
  std::chrono::nanoseconds since_rest_{};          // The part that no wait made up for.
  std::optional<std::chrono::nanoseconds> slice_;  // CPU time in its slice, if it has a turn.
  bool first_ = true;
  bool ran_ = false;
  bool computed_ = false;  // At one time or another.
  bool computed_long_ = false;
};

}  // namespace wagi::worker
