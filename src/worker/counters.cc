#include "worker/counters.h"

#include <sys/mman.h>

#include <cassert>
#include <cerrno>
#include <cstring>
#include <string>

namespace wagi::worker {

Result<std::unique_ptr<SharedCounters>> SharedCounters::create(std::size_t workers,
                                                               std::size_t modules) {
  const std::size_t bytes = (workers + 1) * modules * sizeof(Counter);
  void* memory = ::mmap(nullptr, bytes == 0 ? 1 : bytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return fail(std::string("mmap: ") + std::strerror(errno));
  // Anonymous memory is zero, which is the counters' initial state.
  return std::unique_ptr<SharedCounters>(
      new SharedCounters(static_cast<Counter*>(memory), workers, modules));
}

SharedCounters::~SharedCounters() {
  const std::size_t bytes = (workers_ + 1) * modules_ * sizeof(Counter);
  ::munmap(counters_, bytes == 0 ? 1 : bytes);
}

SharedCounters::Counter& SharedCounters::own(std::size_t worker, std::size_t module) const {
  assert(worker < workers_ && module < modules_);
  return counters_[(worker + 1) * modules_ + module];
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

void SharedCounters::forget(std::size_t worker) {
  for (std::size_t module = 0; module < modules_; ++module) {
    const std::uint64_t held = own(worker, module).exchange(0, std::memory_order_relaxed);
    total(module).fetch_sub(held, std::memory_order_relaxed);
  }
}

std::uint64_t SharedCounters::running(std::size_t module) const {
  return total(module).load(std::memory_order_relaxed);
}

}  // namespace wagi::worker
