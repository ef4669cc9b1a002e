#include "guest/engine/memory_slots.h"

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <cstring>

namespace wagi::engine {
namespace {

// All that a guest's address of 32 bits and an instruction's offset can reach without a check; what
// is behind it is the guard, as Wasmtime's configuration has it by default.
constexpr std::size_t kMemoryBytes = std::size_t{4} << 30;
constexpr std::size_t kGuardBytes = 32 << 20;
constexpr std::size_t kStride = kMemoryBytes + kGuardBytes;

// The areas of all MemorySlots, for the signal's handler.
struct Area {
  std::atomic<const std::byte*> begin = nullptr;
  std::atomic<const std::unique_ptr<MemorySlot>*> slots = nullptr;
  std::atomic<std::size_t> count = 0;
};
constexpr std::size_t kAreasMax = 16;
std::array<Area, kAreasMax> areas;

MemorySlot* slotAt(const std::byte* address) {
  for (const Area& area : areas) {
    const std::byte* const begin = area.begin.load(std::memory_order_acquire);
    if (begin == nullptr || address < begin) continue;
    const std::size_t index = static_cast<std::size_t>(address - begin) / kStride;
    if (index < area.count.load(std::memory_order_relaxed)) {
      return area.slots.load(std::memory_order_relaxed)[index].get();
    }
  }
  return nullptr;
}

// Whether a page fault was a write.
bool isWrite(const ucontext_t& context) {
#if defined(__x86_64__)
  constexpr greg_t kWriteBit = 2;  // Of the page fault's error code.
  return (context.uc_mcontext.gregs[REG_ERR] & kWriteBit) != 0;
#elif defined(__aarch64__)
  // A slot's inaccessible pages aren't in its first size, and its others can be read.
  static_cast<void>(context);
  return true;
#else
#error "the page fault's kind isn't known for this processor"
#endif
}

struct sigaction handler_before;

void onFault(int number, siginfo_t* info, void* context) {
  const int before = errno;
  const auto* const address = static_cast<const std::byte*>(info->si_addr);
  MemorySlot* const slot = slotAt(address);
  const bool taken = slot != nullptr && isWrite(*static_cast<const ucontext_t*>(context)) &&
                     slot->takeFirstWrite(address);
  errno = before;
  if (taken) return;
  if ((handler_before.sa_flags & SA_SIGINFO) != 0) {
    handler_before.sa_sigaction(number, info, context);
  } else if (handler_before.sa_handler != SIG_DFL && handler_before.sa_handler != SIG_IGN) {
    handler_before.sa_handler(number);
  } else {
    ::signal(number, SIG_DFL);  // The instruction fails again, and ends the process.
  }
}

// Gives whole pages this access; false where the kernel refuses.
bool protect(std::byte* from, std::size_t bytes, int protection) {
  return bytes == 0 || ::mprotect(from, bytes, protection) == 0;
}

// Two runs with so few pages between them become one: to copy a page takes a tenth of a
// microsecond.
constexpr std::uint32_t kGapPages = 1;

}  // namespace

// ---- A slot.

bool MemorySlot::map(MemoryPlan& plan, std::size_t bytes) {
  assert(plan_ == nullptr);
  // Known before anything is mapped, so that unmap() takes away what a failure leaves.
  plan_ = &plan;
  first_size_ = size_ = bytes;
  if (!protect(base_, bytes, PROT_READ) || !plan.image.mapInto(base_)) return false;
  known_.assign((bytes / kHostPageBytes + 63) / 64, 0);
  for (const PageRun run : plan.known) {
    for (std::uint32_t page = run.begin; page < run.end; ++page) know(page);
  }
  return findRuns();
}

bool MemorySlot::findRuns() {
  const auto pages = static_cast<std::uint32_t>(first_size_ / kHostPageBytes);
  std::vector<PageRun> found;
  for (std::uint32_t gap = kGapPages;; gap *= 2) {
    found.clear();
    for (std::uint32_t page = 0; page < pages; ++page) {
      if (known_[page / 64] == 0) {
        page |= 63;  // None of these 64.
        continue;
      }
      if (!isKnown(page)) continue;
      if (!found.empty() && page <= found.back().end + gap) {
        found.back().end = page + 1;
      } else {
        found.push_back({page, page + 1});
      }
    }
    if (found.size() <= kRunsMax) break;
  }
  known_pages_ = 0;
  for (const PageRun run : found) {
    for (std::uint32_t page = run.begin; page < run.end; ++page) know(page);
    known_pages_ += run.end - run.begin;
    if (!protect(base_ + run.begin * kHostPageBytes, (run.end - run.begin) * kHostPageBytes,
                 PROT_READ | PROT_WRITE)) {
      return false;
    }
  }
  runs_ = std::move(found);
  plan_->known = runs_;
  knows_more_ = false;
  return true;
}

bool MemorySlot::setBack() {
  // What has failed is still to be done: a slot that is given back is set back once more.
  if (knows_more_ && !findRuns()) return false;
  const bool give_back = known_pages_ > kCopiedPagesMax;
  for (const PageRun run : runs_) {
    if (!setBackRun(run, give_back)) return false;
  }
  if (!hasGrown()) return true;
  std::byte* const grown = base_ + first_size_;
  const std::size_t bytes = size_ - first_size_;
  if (::madvise(grown, bytes, MADV_DONTNEED) != 0 || !protect(grown, bytes, PROT_NONE)) {
    return false;
  }
  size_ = first_size_;
  return true;
}

bool MemorySlot::setBackRun(PageRun run, bool give_back) {
  const MemoryImage& image = plan_->image;
  const std::size_t begin = run.begin * kHostPageBytes;
  const std::size_t end = run.end * kHostPageBytes;
  // The run is what is below the image, in it, and above it.
  const std::size_t image_begin = std::clamp(image.address(), begin, end);
  const std::size_t image_end = std::clamp(image.end(), image_begin, end);
  const auto zero = [&](std::size_t from, std::size_t to) {
    if (from == to) return true;
    if (give_back) return ::madvise(base_ + from, to - from, MADV_DONTNEED) == 0;
    std::memset(base_ + from, 0, to - from);
    return true;
  };
  if (!zero(begin, image_begin) || !zero(image_end, end)) return false;
  if (image_begin == image_end) return true;
  if (give_back && image.isMappedFromFile()) {
    return ::madvise(base_ + image_begin, image_end - image_begin, MADV_DONTNEED) == 0;
  }
  std::memcpy(base_ + image_begin, image.bytes().data() + (image_begin - image.address()),
              image_end - image_begin);
  return true;
}

bool MemorySlot::isFirstState() const {
  const MemoryImage& image = plan_->image;
  const auto is_zero = [this](std::size_t from, std::size_t to) {
    static constexpr std::array<std::byte, kHostPageBytes> kZeros{};
    for (; from < to; from += kHostPageBytes) {
      if (std::memcmp(base_ + from, kZeros.data(), kHostPageBytes) != 0) return false;
    }
    return true;
  };
  const auto has_image = [this](const MemoryImage& of) {
    return of.bytes().empty() ||
           std::memcmp(base_ + of.address(), of.bytes().data(), of.bytes().size()) == 0;
  };
  return size_ == first_size_ && is_zero(0, image.address()) && has_image(image) &&
         is_zero(image.end(), size_);
}

bool MemorySlot::growTo(std::size_t bytes) {
  if (bytes > kMemoryBytes) return false;
  if (bytes <= size_) return true;
  if (!protect(base_ + size_, bytes - size_, PROT_READ | PROT_WRITE)) return false;
  size_ = bytes;
  return true;
}

void MemorySlot::makeWritable(std::byte* at, std::size_t bytes) {
  if (bytes == 0) return;
  const auto begin = static_cast<std::size_t>(at - base_) / kHostPageBytes;
  const std::size_t end =
      std::min((static_cast<std::size_t>(at - base_) + bytes - 1) / kHostPageBytes + 1,
               first_size_ / kHostPageBytes);
  for (std::size_t page = begin; page < end; ++page) {
    if (!isKnown(page)) std::ignore = takeFirstWrite(base_ + page * kHostPageBytes);
  }
}

// Runs in a signal's handler: it neither allocates nor locks.
bool MemorySlot::takeFirstWrite(const std::byte* at) {
  const auto offset = static_cast<std::size_t>(at - base_);
  const std::size_t page = offset / kHostPageBytes;
  if (offset >= first_size_ || isKnown(page)) return false;
  if (!protect(base_ + page * kHostPageBytes, kHostPageBytes, PROT_READ | PROT_WRITE)) return false;
  know(page);
  knows_more_ = true;
  return true;
}

// ---- All of them.

Result<std::unique_ptr<MemorySlots>> MemorySlots::reserve(std::size_t slots_max) {
  for (std::size_t count = slots_max; count > 0; count /= 2) {
    // A guard stands before the first, too.
    void* const at = ::mmap(nullptr, kGuardBytes + count * kStride, PROT_NONE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) continue;
    return std::unique_ptr<MemorySlots>(
        new MemorySlots(static_cast<std::byte*>(at) + kGuardBytes, count));
  }
  return fail(std::string("address space for memories can't be had: ") + std::strerror(errno));
}

MemorySlots::MemorySlots(std::byte* begin, std::size_t count) : begin_(begin) {
  slots_.reserve(count);
  unmapped_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    slots_.push_back(std::make_unique<MemorySlot>());
    slots_.back()->base_ = begin + i * kStride;
  }
  for (std::size_t i = count; i > 0; --i) unmapped_.push_back(slots_[i - 1].get());
  for (Area& area : areas) {
    if (area.begin.load(std::memory_order_relaxed) != nullptr) continue;
    area.slots.store(slots_.data(), std::memory_order_relaxed);
    area.count.store(count, std::memory_order_relaxed);
    area.begin.store(begin, std::memory_order_release);
    return;
  }
  assert(false && "more MemorySlots at once than the signal's handler looks at");
}

MemorySlots::~MemorySlots() {
  for (Area& area : areas) {
    if (area.begin.load(std::memory_order_relaxed) == begin_) area.begin.store(nullptr);
  }
  ::munmap(begin_ - kGuardBytes, kGuardBytes + slots_.size() * kStride);
}

MemorySlot* MemorySlots::take(MemoryPlan& plan, std::size_t bytes) {
  const auto free = std::find_if(free_.rbegin(), free_.rend(),
                                 [&](const MemorySlot* slot) { return slot->plan_ == &plan; });
  if (free != free_.rend()) {
    MemorySlot* const slot = *free;
    free_.erase(std::next(free).base());
    free_bytes_ -= slot->residentBytes();
    return slot;
  }
  if (unmapped_.empty() && !free_.empty()) unmapFirstFree();
  while (!unmapped_.empty()) {
    MemorySlot* const slot = unmapped_.back();
    unmapped_.pop_back();
    if (slot->map(plan, bytes)) return slot;
    // The process may have too many mappings, which free slots can give back.
    unmap(*slot);
    if (free_.empty()) break;
    unmapFirstFree();
  }
  return nullptr;
}

void MemorySlots::give(MemorySlot& slot) {
  if (!slot.setBack()) {
    unmap(slot);
    return;
  }
  slot.free_since_ = sweeps_;
  free_.push_back(&slot);
  free_bytes_ += slot.residentBytes();
  while (free_.size() > kFreeMax || free_bytes_ > kFreeBytesMax) unmapFirstFree();
}

bool MemorySlots::sweep() {
  while (!free_.empty() && free_.front()->free_since_ < sweeps_) unmapFirstFree();
  ++sweeps_;
  return !free_.empty();
}

void MemorySlots::unmapFirstFree() {
  MemorySlot& first = *free_.front();
  free_.erase(free_.begin());
  free_bytes_ -= first.residentBytes();
  unmap(first);
}

void MemorySlots::unmap(MemorySlot& slot) {
  const std::size_t bytes = std::max(slot.size_, slot.first_size_);
  slot.plan_ = nullptr;
  slot.size_ = slot.first_size_ = 0;
  slot.known_ = {};
  slot.runs_ = {};
  slot.known_pages_ = 0;
  slot.knows_more_ = false;
  // One new mapping in place of all that was there gives memory and mappings back. A slot that the
  // kernel leaves as it is can't be used again.
  if (bytes != 0 &&
      ::mmap(slot.base_, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
             -1, 0) == MAP_FAILED) {
    return;
  }
  unmapped_.push_back(&slot);
}

void MemorySlots::forget(const MemoryPlan& plan) {
  std::erase_if(free_, [&](MemorySlot* slot) {
    if (slot->plan_ != &plan) return false;
    free_bytes_ -= slot->residentBytes();
    unmap(*slot);
    return true;
  });
  if (expected_ == &plan) expected_ = nullptr;
}

MemoryPlan::~MemoryPlan() { slots.forget(*this); }

void MemorySlots::handleFirstWrites() {
  static bool installed = false;
  if (installed) return;
  installed = true;
  struct sigaction action{};
  action.sa_sigaction = onFault;
  // The flags are those of Wasmtime's own handler: the guest may be at the end of its stack, and a
  // trap leaves the handler.
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGSEGV, &action, &handler_before);
}

wasmtime_memory_creator_t MemorySlots::creator() {
  return {.env = this, .new_memory = newMemory, .finalizer = nullptr};
}

wasmtime_error_t* MemorySlots::newMemory(void* env, const wasm_memorytype_t* /*type*/,
                                         std::size_t minimum, std::size_t /*maximum*/,
                                         std::size_t reserved, std::size_t guard,
                                         wasmtime_linear_memory_t* memory) {
  auto& slots = *static_cast<MemorySlots*>(env);
  if (reserved > kMemoryBytes || guard > kGuardBytes) {
    return wasmtime_error_new("a memory is to be larger than its slot");
  }
  if (slots.expected_ == nullptr || minimum < slots.expected_->image.end()) {
    return wasmtime_error_new("a memory is made that wasn't expected");
  }
  MemorySlot* const slot = slots.take(*slots.expected_, minimum);
  if (slot == nullptr) return wasmtime_error_new("there is no room for one more memory");
  *slots.taken_ = slot;
  memory->env = slot;
  memory->get_memory = [](void* self, std::size_t* size, std::size_t* capacity) {
    const auto& of = *static_cast<MemorySlot*>(self);
    *size = of.size();
    *capacity = kMemoryBytes;
    return reinterpret_cast<std::uint8_t*>(of.base());
  };
  memory->grow_memory = [](void* self, std::size_t bytes) -> wasmtime_error_t* {
    if (static_cast<MemorySlot*>(self)->growTo(bytes)) return nullptr;
    return wasmtime_error_new("the memory can't grow");
  };
  memory->finalizer = [](void* self) {
    auto& of = *static_cast<MemorySlot*>(self);
    of.plan_->slots.give(of);
  };
  return nullptr;
}

}  // namespace wagi::engine
