#include "server/worker/admission.h"

#include <utility>

namespace wagi::worker {

std::optional<Admission> Admission::acquire(Workbench& bench, const Route& route) {
  if (bench.instances >= kInstancesMax) return std::nullopt;
  if (!bench.counters.acquire(bench.worker_index, route.module_index,
                              route.limits.concurrency_max)) {
    return std::nullopt;
  }
  ++bench.instances;
  return Admission(bench, route);
}

Admission::Admission(Admission&& other) noexcept
    : bench_(std::exchange(other.bench_, nullptr)), route_(other.route_) {}

Admission::~Admission() {
  if (bench_ == nullptr) return;
  --bench_->instances;
  bench_->counters.release(bench_->worker_index, route_.module_index);
}

}  // namespace wagi::worker
