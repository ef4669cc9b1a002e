// Declares the functions that the crate src/guest/engine/wasmtime adds to Wasmtime's C API.
#pragma once

#include <wasm.h>
#include <wasmtime.h>

#include <cstddef>
#include <cstdint>

extern "C" {

// Limits a store's memory and tables, and says whether it refused memory (wasmtime/src/lib.rs). It
// must outlive its store and not move.
struct wagi_limiter_t {
  std::size_t memory_bytes_max;
  std::size_t table_elements_max;
  std::size_t memory_bytes;
  std::size_t table_elements;
  bool memory_refused;
};

// Like wasm_engine_new_with_config, but sets `error` and returns null where that would abort. Takes
// the config in either case.
wasm_engine_t* wagi_engine_new(wasm_config_t* config, wasmtime_error_t** error);

// A module without its data (wasmtime/src/transform.rs). The caller deletes all three.
struct wagi_transformed_t {
  wasm_byte_vec_t wasm;          // Empty where the module is to be compiled as it is.
  wasm_byte_vec_t image;         // The memory's bytes at the start, from 0 on.
  std::uint64_t table_elements;  // With which its tables begin, together.
  wasm_byte_vec_t reason;        // Why instances can't be kept; empty where they can.
};
wagi_transformed_t wagi_transform(const std::uint8_t* wasm, std::size_t wasm_len);

// Looks up what runs of an entry point need, for all instances; null where the module has no export
// of that name. `initialize` is a function to be called before it; its length may be 0.
typedef struct wagi_entry wagi_entry_t;
wagi_entry_t* wagi_entry_new(const wasmtime_module_t* module, const char* name,
                             std::size_t name_len, const char* initialize,
                             std::size_t initialize_len);
void wagi_entry_delete(wagi_entry_t* entry);

// An instance in its store: made by its first run.
typedef struct wagi_instance wagi_instance_t;
wagi_instance_t* wagi_instance_new(void);
void wagi_instance_delete(wagi_instance_t* instance);
// The memory that host functions use; false where it has none, or isn't made.
bool wagi_instance_memory(const wagi_instance_t* instance, wasmtime_memory_t* memory);
// After its memory was set back: sets globals back, and takes over the memory's size.
bool wagi_instance_set_back(const wagi_instance_t* instance, wasmtime_context_t* store,
                            bool memory_has_grown);
bool wagi_instance_globals_are_first(const wagi_instance_t* instance, wasmtime_context_t* store);

enum wagi_step_t : std::uint8_t {
  WAGI_STEP_INSTANTIATE,
  WAGI_STEP_INITIALIZE,
  WAGI_STEP_ENTRY,
};

struct wagi_run_t {
  wasmtime_error_t* error;  // Null after a run that succeeded.
  wagi_step_t step;         // The one that is on, or that the run has ended in.
  bool refused;             // Whether the function of the step couldn't even be called.
};

// Makes the instance unless it is there, and calls its entry point, as one future, which borrows
// all arguments. With `keep`, the instance can be set back after the run.
wasmtime_call_future_t* wagi_run(const wasmtime_instance_pre_t* pre, wasmtime_context_t* store,
                                 const wagi_entry_t* entry, wagi_instance_t* instance, bool keep,
                                 wagi_run_t* state);

void wagi_store_limit(wasmtime_store_t* store, wagi_limiter_t* limiter);
bool wagi_pooling_allocation_config_pagemap_scan(wasmtime_pooling_allocation_config_t* config);
void wagi_config_backtrace_frames_max(wasm_config_t* config, std::size_t frames_max);

}  // extern "C"
