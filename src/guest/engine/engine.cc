#include "guest/engine/engine.h"

#include <memory>

#include "base/sanitizer.h"

namespace wagi::engine {
namespace {

// Frames of a trap's backtrace that a log line shows.
constexpr std::size_t kBacktraceFramesMax = 20;
// A number to raise when a setting below changes that compiled code depends on.
constexpr int kSettingsRevision = 1;

using PoolHandle = std::unique_ptr<wasmtime_pooling_allocation_config_t,
                                   Deleter<wasmtime_pooling_allocation_config_delete>>;

void usePool(wasm_config_t* config, std::size_t instances_max) {
  const PoolHandle pool(wasmtime_pooling_allocation_config_new());
  const auto count = static_cast<std::uint32_t>(instances_max);
  wasmtime_pooling_allocation_config_total_core_instances_set(pool.get(), count);
  wasmtime_pooling_allocation_config_total_memories_set(pool.get(), count);
  wasmtime_pooling_allocation_config_total_tables_set(pool.get(), count);
  wasmtime_pooling_allocation_config_total_stacks_set(pool.get(), count);
  wasmtime_pooling_allocation_config_max_unused_warm_slots_set(pool.get(), count);
  wasmtime_pooling_allocation_config_table_elements_set(pool.get(), kTableElementsMax);
  wasmtime_pooling_allocation_config_linear_memory_keep_resident_set(pool.get(),
                                                                     kKeepResidentBytes);
  wasmtime_pooling_allocation_config_table_keep_resident_set(pool.get(), kKeepResidentBytes);
  wagi_pooling_allocation_config_pagemap_scan(pool.get());
  wasmtime_pooling_allocation_strategy_set(config, pool.get());
}

}  // namespace

Result<Engine> Engine::create(Allocation allocation, std::size_t instances_max) {
  wasm_config_t* config = wasm_config_new();
  wasmtime_config_epoch_interruption_set(config, true);
  wasmtime_config_max_wasm_stack_set(config, kWasmStackBytes);
  wasmtime_config_async_stack_size_set(config, kFiberStackBytes);
  // Unwind tables serve only native debuggers, and registering them takes time for each module.
  wasmtime_config_native_unwind_info_set(config, false);
  wagi_config_backtrace_frames_max(config, kBacktraceFramesMax);
  // ThreadSanitizer doesn't see how threads of Wasmtime, which it hasn't instrumented, wait for
  // each other, and a compiler that is locked down can't look up what it should be silent about.
  if (kThreadSanitizer) wasmtime_config_parallel_compilation_set(config, false);
  Engine engine;
  if (allocation == Allocation::kPool) usePool(config, instances_max);
  if (allocation == Allocation::kSlots) {
    if (auto used = engine.useSlots(config, instances_max); !used) {
      wasm_config_delete(config);
      return std::unexpected(std::move(used.error()));
    }
  }

  wasmtime_error_t* error = nullptr;
  engine.handle_.reset(wagi_engine_new(config, &error));
  if (!engine.handle_) return fail("Wasmtime didn't start: " + messageOf(ErrorHandle(error).get()));
  if (engine.slots_) MemorySlots::handleFirstWrites();
  return engine;
}

Result<void> Engine::useSlots(wasm_config_t* config, std::size_t instances_max) {
  auto slots = MemorySlots::reserve(instances_max + kIdleInstancesMax + MemorySlots::kFreeMax);
  if (!slots) return std::unexpected(std::move(slots.error()));
  slots_.swap(*slots);
  auto memories = slots_->creator();
  wasmtime_config_host_memory_creator_set(config, &memories);
  stacks_ = std::make_unique<Stacks>(kFiberStackBytes);
  auto stacks = stacks_->creator();
  wasmtime_config_host_stack_creator_set(config, &stacks);
  return {};
}

std::string Engine::fingerprint() {
  return std::string("wasmtime-" WASMTIME_VERSION "-r") + std::to_string(kSettingsRevision);
}

}  // namespace wagi::engine
