// Requests that run at once, per module, counted over all workers of a generation.
//
// Lives in memory that the supervisor maps before it forks. A worker adds and takes away its own
// requests; the supervisor forgets those of a worker that died.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

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
  // Drops what a dead worker held. REQUIRES: no process uses that index.
  void forget(std::size_t worker);

  [[nodiscard]] std::uint64_t running(std::size_t module) const;

 private:
  // Lock-free, so that it works between processes.
  using Counter = std::atomic<std::uint64_t>;
  static_assert(Counter::is_always_lock_free);

  SharedCounters(Counter* counters, std::size_t workers, std::size_t modules)
      : counters_(counters), workers_(workers), modules_(modules) {}
  [[nodiscard]] Counter& total(std::size_t module) const { return counters_[module]; }
  [[nodiscard]] Counter& own(std::size_t worker, std::size_t module) const;

  Counter* counters_;  // A row of totals, then a row for each worker.
  std::size_t workers_;
  std::size_t modules_;
};

}  // namespace wagi::worker
