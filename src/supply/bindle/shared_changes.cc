#include "supply/bindle/shared_changes.h"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>

namespace wagi::bindle {
namespace {

struct Change {
  std::uint16_t bytes = 0;  // 0: its id was too long.
  std::array<char, SharedChanges::kIdBytesMax> id{};
};

}  // namespace

struct SharedChanges::Shared {
  pthread_mutex_t mutex;
  std::atomic<std::uint64_t> count{0};
  std::array<Change, kKept> ring{};
};

Result<std::unique_ptr<SharedChanges>> SharedChanges::create() {
  void* memory =
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return fail(std::string("mmap: ") + std::strerror(errno));
  auto* shared = new (memory) Shared;
  pthread_mutexattr_t attributes;
  ::pthread_mutexattr_init(&attributes);
  ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  const int error = ::pthread_mutex_init(&shared->mutex, &attributes);
  ::pthread_mutexattr_destroy(&attributes);
  if (error == 0) return std::unique_ptr<SharedChanges>(new SharedChanges(shared));
  ::munmap(memory, sizeof(Shared));
  return fail(std::string("a lock for all processes: ") + std::strerror(error));
}

// The mutex isn't destroyed: another process may hold it.
SharedChanges::~SharedChanges() { ::munmap(shared_, sizeof(Shared)); }

std::uint64_t SharedChanges::count() const {
  return shared_->count.load(std::memory_order_acquire);
}

SharedChanges::Lock::Lock(SharedChanges& changes) : changes_(changes) {
  // A process that died in the middle of a change has counted it or not, and what it stored
  // appears whole or not at all: there is nothing to be mended.
  if (::pthread_mutex_lock(&changes_.shared_->mutex) == EOWNERDEAD) {
    ::pthread_mutex_consistent(&changes_.shared_->mutex);
  }
}

SharedChanges::Lock::~Lock() { ::pthread_mutex_unlock(&changes_.shared_->mutex); }

std::optional<std::vector<std::string>> SharedChanges::Lock::since(std::uint64_t seen) const {
  const std::uint64_t count = changes_.count();
  if (count - seen > kKept) return std::nullopt;
  std::vector<std::string> ids;
  for (; seen < count; ++seen) {
    const Change& change = changes_.shared_->ring[seen % kKept];
    if (change.bytes == 0) return std::nullopt;
    ids.emplace_back(change.id.data(), change.bytes);
  }
  return ids;
}

void SharedChanges::Lock::add(std::string_view id) {
  Shared& shared = *changes_.shared_;
  const std::uint64_t count = changes_.count();
  Change& change = shared.ring[count % kKept];
  const bool fits = id.size() <= change.id.size();
  if (fits) std::ranges::copy(id, change.id.begin());
  change.bytes = fits ? static_cast<std::uint16_t>(id.size()) : 0;
  shared.count.store(count + 1, std::memory_order_release);
}

}  // namespace wagi::bindle
