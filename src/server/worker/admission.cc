#include "server/worker/admission.h"

#include <utility>

namespace wagi::worker {

std::optional<Admission> Admission::acquire(WorkerContext& worker, const Route& route) {
  if (worker.instances >= kInstancesMax) return std::nullopt;
  if (!worker.counters.acquire(worker.worker_index, route.module_index,
                               route.limits.concurrency_max)) {
    return std::nullopt;
  }
  ++worker.instances;
  return Admission(worker, route);
}

Admission::Admission(Admission&& other) noexcept
    : worker_(std::exchange(other.worker_, nullptr)), route_(other.route_) {}

Admission::~Admission() {
  if (worker_ == nullptr) return;
  --worker_->instances;
  worker_->counters.release(worker_->worker_index, route_.module_index);
}

}  // namespace wagi::worker
