// State that all workers of a generation share: requests that run at once, per module;
// whose guest has the core in each worker; which modules are out of service.
//
// Lives in memory that the supervisor maps before it forks. A worker adds and takes away its own
// requests; the supervisor forgets those of a worker that died, and says what is out of service.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.h"

namespace wagi::worker {

class SharedCounters {
 public:
  [[nodiscard]] static Result<std::unique_ptr<SharedCounters>> create(std::size_t workers,
                                                                      std::size_t modules);
  SharedCounters(const SharedCounters&) = delete;
  SharedCounters& operator=(const SharedCounters&) = delete;
  ~SharedCounters();

  // Counts one more request of `module` in `worker`, unless `max` (0: no limit) are running.
  [[nodiscard]] bool acquire(std::size_t worker, std::size_t module, std::uint64_t max);
  // REQUIRES: one acquire() that succeeded and wasn't released.
  void release(std::size_t worker, std::size_t module);
  // While it lives, a guest of `module` has the core in `worker`.
  class OnCore {
   public:
    OnCore(SharedCounters& counters, std::size_t worker, std::size_t module);
    OnCore(const OnCore&) = delete;
    OnCore& operator=(const OnCore&) = delete;
    ~OnCore();

   private:
    SharedCounters& counters_;
    const std::size_t worker_;
  };
  // The module whose guest had the core when this worker died.
  [[nodiscard]] std::optional<std::size_t> onCore(std::size_t worker) const;

  // Drops what a dead worker held. REQUIRES: no process uses that index.
  void forget(std::size_t worker);

  // From then on no worker runs a guest of it.
  void takeOutOfService(std::size_t module);
  [[nodiscard]] bool isOutOfService(std::size_t module) const;

  [[nodiscard]] std::uint64_t running(std::size_t module) const;

 private:
  // Lock-free, so that it works between processes.
  using Counter = std::atomic<std::uint64_t>;
  static_assert(Counter::is_always_lock_free);

  SharedCounters(Counter* counters, std::size_t workers, std::size_t modules)
      : counters_(counters), workers_(workers), modules_(modules) {}
  [[nodiscard]] Counter& total(std::size_t module) const { return counters_[module]; }
  [[nodiscard]] Counter& outOfService(std::size_t module) const;
  [[nodiscard]] Counter& own(std::size_t worker, std::size_t module) const;
  [[nodiscard]] Counter& core(std::size_t worker) const;

  // A row of totals, a row of what is out of service, a row for each worker, and then for each
  // worker 1 + the module on its core, 0 for none.
  Counter* counters_;
  std::size_t workers_;
  std::size_t modules_;
};

}  // namespace wagi::worker
