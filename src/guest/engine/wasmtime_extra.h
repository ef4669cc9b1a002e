// Declares the functions that the crate src/guest/engine/wasmtime adds to Wasmtime's C API.
#pragma once

#include <wasm.h>
#include <wasmtime.h>

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

// Looks up an export of a module, for all its instances; null where there is none of that name.
typedef struct wagi_export wagi_export_t;
wagi_export_t* wagi_module_export(const wasmtime_module_t* module, const char* name,
                                  std::size_t name_len);
void wagi_export_delete(wagi_export_t* export_);

struct wagi_run_t {
  wasmtime_error_t* error;  // Null after a run that succeeded.
  bool instantiated;        // Whether the instance is made and its start function has returned.
};

// Makes an instance and calls its entry point, as one future, which borrows all arguments.
wasmtime_call_future_t* wagi_run(const wasmtime_instance_pre_t* pre, wasmtime_context_t* store,
                                 const wagi_export_t* entry, wagi_run_t* state);

void wagi_store_limit(wasmtime_store_t* store, wagi_limiter_t* limiter);
bool wagi_pooling_allocation_config_pagemap_scan(wasmtime_pooling_allocation_config_t* config);
void wagi_config_backtrace_frames_max(wasm_config_t* config, std::size_t frames_max);

}  // extern "C"
