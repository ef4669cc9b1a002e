// An engine of Wasmtime, with the settings by which every module is compiled and run.
//
// The compiled code is the same for all ways to allocate instances, but only kSlots can place the
// image that code without data has, and only the others the data in code. An
// Engine is used by one thread and must be made after fork(2): it reserves address space and starts
// threads to compile.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"
#include "guest/engine/handles.h"
#include "guest/engine/memory_slots.h"
#include "guest/engine/stacks.h"

namespace wagi::engine {

// Table elements that a slot of the pool has room for; a module with more runs on demand.
inline constexpr std::size_t kTableElementsMax = 64 << 10;
// The elements to which a table may grow on demand, in 80 MB; in slots of our own, that of a module
// that begins with more than kTableElementsMax.
inline constexpr std::size_t kTableElementsHardMax = 10'000'000;
// Memory of an ended instance that stays mapped for the next one in its slot.
inline constexpr std::size_t kKeepResidentBytes = 1 << 20;
// Instances that may wait for their next request, in slots of our own.
inline constexpr std::size_t kIdleInstancesMax = 256;
// The part of a fiber's stack that WebAssembly may use; a guest that needs more traps.
inline constexpr std::size_t kWasmStackBytes = 1 << 20;
// The whole stack of a fiber, with room for the host functions.
inline constexpr std::size_t kFiberStackBytes = 2 << 20;

class Engine {
 public:
  enum class Allocation {
    kPool,      // Slots made beforehand: an instance costs microseconds.
    kOnDemand,  // Memory mapped for each instance: slower, of any shape and size.
    kSlots,     // Slots of our own, for code that has an image: memory_slots.h.
  };
  static constexpr std::size_t kAllocations = 3;

  // `instances_max` counts instances that live at once.
  [[nodiscard]] static Result<Engine> create(Allocation allocation, std::size_t instances_max);

  // Names Wasmtime's version and the settings that compiled code depends on, for the cache's keys.
  [[nodiscard]] static std::string fingerprint();

  [[nodiscard]] wasm_engine_t* get() const { return handle_.get(); }
  // Null but for kSlots.
  [[nodiscard]] MemorySlots* slots() const { return slots_.get(); }

 private:
  Engine() = default;
  // Lets Wasmtime take memories and stacks from here.
  [[nodiscard]] Result<void> useSlots(wasm_config_t* config, std::size_t instances_max);

  // Both outlive the engine that calls them.
  std::unique_ptr<MemorySlots> slots_;
  std::unique_ptr<Stacks> stacks_;
  EngineHandle handle_;
};

}  // namespace wagi::engine
