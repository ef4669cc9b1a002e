#include "server/worker/counters.h"

#include <sys/mman.h>

#include <cassert>
#include <cerrno>
#include <cstring>
#include <string>

namespace wagi::worker {
namespace {

// Each worker writes what its core does twice a request: on a cache line of its own.
constexpr std::size_t kCoreStride = 64 / sizeof(std::uint64_t);
constexpr std::size_t kRowsOfAll = 2;

std::size_t countersOf(std::size_t workers, std::size_t modules) {
  return (workers + kRowsOfAll) * modules + (workers + 1) * kCoreStride;
}

}  // namespace

Result<std::unique_ptr<SharedCounters>> SharedCounters::create(std::size_t workers,
                                                               std::size_t modules) {
  void* memory = ::mmap(nullptr, countersOf(workers, modules) * sizeof(Counter),
                        PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return fail(std::string("mmap: ") + std::strerror(errno));
  // Anonymous memory is zero, which is the counters' initial state.
  return std::unique_ptr<SharedCounters>(
      new SharedCounters(static_cast<Counter*>(memory), workers, modules));
}

SharedCounters::~SharedCounters() {
  ::munmap(counters_, countersOf(workers_, modules_) * sizeof(Counter));
}

SharedCounters::Counter& SharedCounters::outOfService(std::size_t module) const {
  assert(module < modules_);
  return counters_[modules_ + module];
}

SharedCounters::Counter& SharedCounters::own(std::size_t worker, std::size_t module) const {
  assert(worker < workers_ && module < modules_);
  return counters_[(worker + kRowsOfAll) * modules_ + module];
}

SharedCounters::Counter& SharedCounters::core(std::size_t worker) const {
  assert(worker < workers_);
  // The rows before them may end within a cache line.
  return counters_[(workers_ + kRowsOfAll) * modules_ + (worker + 1) * kCoreStride];
}

bool SharedCounters::acquire(std::size_t worker, std::size_t module, std::uint64_t max) {
  const std::uint64_t before = total(module).fetch_add(1, std::memory_order_relaxed);
  if (max != 0 && before >= max) {
    total(module).fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  own(worker, module).fetch_add(1, std::memory_order_relaxed);
  return true;
}

void SharedCounters::release(std::size_t worker, std::size_t module) {
  own(worker, module).fetch_sub(1, std::memory_order_relaxed);
  total(module).fetch_sub(1, std::memory_order_relaxed);
}

SharedCounters::OnCore::OnCore(SharedCounters& counters, std::size_t worker, std::size_t module)
    : counters_(counters), worker_(worker) {
  counters_.core(worker_).store(module + 1, std::memory_order_relaxed);
}

SharedCounters::OnCore::~OnCore() { counters_.core(worker_).store(0, std::memory_order_relaxed); }

std::optional<std::size_t> SharedCounters::onCore(std::size_t worker) const {
  const std::uint64_t value = core(worker).load(std::memory_order_relaxed);
  // A worker that was broken out of may have written anything.
  if (value == 0 || value > modules_) return std::nullopt;
  return value - 1;
}

void SharedCounters::takeOutOfService(std::size_t module) {
  outOfService(module).store(1, std::memory_order_relaxed);
}

bool SharedCounters::isOutOfService(std::size_t module) const {
  return outOfService(module).load(std::memory_order_relaxed) != 0;
}

void SharedCounters::forget(std::size_t worker) {
  core(worker).store(0, std::memory_order_relaxed);
  for (std::size_t module = 0; module < modules_; ++module) {
    const std::uint64_t held = own(worker, module).exchange(0, std::memory_order_relaxed);
    total(module).fetch_sub(held, std::memory_order_relaxed);
  }
}

std::uint64_t SharedCounters::running(std::size_t module) const {
  return total(module).load(std::memory_order_relaxed);
}

}  // namespace wagi::worker
