// Linear memories of our own, that can be set back to their first state.
//
// A slot has the image of its module's memory in place. The pages that its guests are known to
// write are writable, and setBack() copies all of them back; every other page is read-only, so the
// first write to it raises SIGSEGV, by which it becomes known and writable. So no page can be
// written without being set back, and neither needs a system call once a slot is warm.
//
// Wasmtime gets its memories from here through the callbacks of creator(). For one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "guest/engine/memory_image.h"
#include "guest/engine/wasmtime_extra.h"
#include "guest/wasi/memory.h"

namespace wagi::engine {

class MemorySlots;

// Pages of a memory, by their numbers; `end` isn't one of them.
struct PageRun {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

// The first state of a module's memory, and what is known about its guests.
struct MemoryPlan {
  MemoryPlan(MemoryImage image_in, MemorySlots& slots_in)
      : image(std::move(image_in)), slots(slots_in) {}
  MemoryPlan(const MemoryPlan&) = delete;
  MemoryPlan& operator=(const MemoryPlan&) = delete;
  ~MemoryPlan();  // Unmaps the slots that are free.

  const MemoryImage image;
  MemorySlots& slots;
  std::vector<PageRun> known;  // Pages that are writable in new slots, too.
};

class MemorySlot final : public wasi::WritablePages {
 public:
  // Above that many known pages, setting back gives them to the kernel rather than copying them.
  static constexpr std::size_t kCopiedPagesMax = 1'024;
  // A slot has about two mappings for each run. Where there are more runs, pages between them are
  // taken in.
  static constexpr std::size_t kRunsMax = 64;

  [[nodiscard]] std::byte* base() const { return base_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t firstSize() const { return first_size_; }
  [[nodiscard]] bool hasGrown() const { return size_ > first_size_; }
  // The bytes that stay resident after setBack().
  [[nodiscard]] std::size_t residentBytes() const {
    return known_pages_ > kCopiedPagesMax ? 0 : known_pages_ * kHostPageBytes;
  }

  // Makes more of it accessible, all 0; false where the kernel has no memory.
  [[nodiscard]] bool growTo(std::size_t bytes);
  // Every byte, and the size, are as they were at first; false where the kernel refuses that, and
  // the slot can't be used any more.
  [[nodiscard]] bool setBack();
  // Whether they are. Looks at every byte.
  [[nodiscard]] bool isFirstState() const;

  // Before the kernel writes to them: it raises no signal.
  void makeWritable(std::byte* at, std::size_t bytes) override;
  // For the signal's handler. Whether a write at that place failed for the first time, and may now
  // succeed.
  [[nodiscard]] bool takeFirstWrite(const std::byte* at);

 private:
  friend class MemorySlots;
  [[nodiscard]] bool map(MemoryPlan& plan, std::size_t bytes);
  [[nodiscard]] bool isKnown(std::size_t page) const {
    return (known_[page / 64] >> (page % 64) & 1) != 0;
  }
  void know(std::size_t page) { known_[page / 64] |= std::uint64_t{1} << (page % 64); }
  // Finds the runs of known pages, and makes all of them writable.
  [[nodiscard]] bool findRuns();
  [[nodiscard]] bool setBackRun(PageRun run, bool give_back);

  std::byte* base_ = nullptr;
  std::size_t first_size_ = 0;
  std::size_t size_ = 0;
  MemoryPlan* plan_ = nullptr;        // Null: nothing is mapped.
  std::vector<std::uint64_t> known_;  // A bit for each page of the first size.
  std::vector<PageRun> runs_;         // setBack() copies these.
  std::size_t known_pages_ = 0;       // In runs_.
  bool knows_more_ = false;           // Pages have become known since runs_ was made.
  std::uint64_t free_since_ = 0;      // The sweep before it became free.
};

class MemorySlots {
 public:
  // Free slots that stay mapped for the next instance of their module, and what is resident there.
  static constexpr std::size_t kFreeMax = 256;
  static constexpr std::size_t kFreeBytesMax = 32 << 20;

  // Reserves address space for as many, or for as many as there is address space for.
  [[nodiscard]] static Result<std::unique_ptr<MemorySlots>> reserve(std::size_t slots_max);
  MemorySlots(const MemorySlots&) = delete;
  MemorySlots& operator=(const MemorySlots&) = delete;
  ~MemorySlots();

  // Installs the handler of SIGSEGV, before Wasmtime's. REQUIRES: an engine was made before.
  static void handleFirstWrites();

  // Gives back what free slots hold that were free at the last sweep, too. False where none is
  // left.
  bool sweep();

  // To be given to Wasmtime's configuration; borrows this.
  [[nodiscard]] wasmtime_memory_creator_t creator();
  // Whose memory the next instance has, since Wasmtime doesn't say, and where to put its slot.
  void expect(MemoryPlan& plan, wasi::WritablePages*& taken) {
    expected_ = &plan;
    taken_ = &taken;
  }

 private:
  friend struct MemoryPlan;
  MemorySlots(std::byte* begin, std::size_t count);
  [[nodiscard]] MemorySlot* take(MemoryPlan& plan, std::size_t bytes);
  void give(MemorySlot& slot);
  void unmap(MemorySlot& slot);
  void unmapFirstFree();
  void forget(const MemoryPlan& plan);
  static wasmtime_error_t* newMemory(void* env, const wasm_memorytype_t* type, std::size_t minimum,
                                     std::size_t maximum, std::size_t reserved, std::size_t guard,
                                     wasmtime_linear_memory_t* memory);

  std::byte* const begin_;
  std::vector<std::unique_ptr<MemorySlot>> slots_;
  std::vector<MemorySlot*> unmapped_;
  std::vector<MemorySlot*> free_;  // Mapped ones, the one that was used last behind the others.
  std::size_t free_bytes_ = 0;     // Resident there.
  std::uint64_t sweeps_ = 0;
  MemoryPlan* expected_ = nullptr;
  wasi::WritablePages** taken_ = nullptr;
};

}  // namespace wagi::engine
