// Who may run now: requests of one module over all workers, and instances of this worker.
#pragma once

#include <optional>

#include "server/worker/plan.h"
#include "server/worker/worker_context.h"

namespace wagi::worker {

// A place among the requests that run: of the module and of the worker's instances.
class Admission {
 public:
  // Nullopt when either has no place left.
  [[nodiscard]] static std::optional<Admission> acquire(WorkerContext& worker, const Route& route);
  Admission(Admission&& other) noexcept;
  Admission& operator=(Admission&&) = delete;
  ~Admission();

 private:
  Admission(WorkerContext& worker, const Route& route) : worker_(&worker), route_(route) {}
  WorkerContext* worker_;  // Null once moved from.
  const Route& route_;
};

}  // namespace wagi::worker
