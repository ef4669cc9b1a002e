// Wasmtime's C handles as unique_ptrs, and its messages as strings.
#pragma once

#include <memory>
#include <string>

#include "guest/engine/wasmtime_extra.h"

namespace wagi::engine {

template <auto Delete>
struct Deleter {
  template <class T>
  void operator()(T* handle) const {
    Delete(handle);
  }
};

using EngineHandle = std::unique_ptr<wasm_engine_t, Deleter<wasm_engine_delete>>;
using ErrorHandle = std::unique_ptr<wasmtime_error_t, Deleter<wasmtime_error_delete>>;
using EntryHandle = std::unique_ptr<wagi_entry_t, Deleter<wagi_entry_delete>>;
using FutureHandle = std::unique_ptr<wasmtime_call_future_t, Deleter<wasmtime_call_future_delete>>;
using InstanceHandle = std::unique_ptr<wagi_instance_t, Deleter<wagi_instance_delete>>;
using InstancePreHandle =
    std::unique_ptr<wasmtime_instance_pre_t, Deleter<wasmtime_instance_pre_delete>>;
using LinkerHandle = std::unique_ptr<wasmtime_linker_t, Deleter<wasmtime_linker_delete>>;
using ModuleHandle = std::unique_ptr<wasmtime_module_t, Deleter<wasmtime_module_delete>>;
using StoreHandle = std::unique_ptr<wasmtime_store_t, Deleter<wasmtime_store_delete>>;

// The text of an error, with the backtrace of a trap.
[[nodiscard]] std::string messageOf(const wasmtime_error_t* error);
[[nodiscard]] std::string messageOf(const wasm_trap_t* trap);

// The text of an error made printable, on one line, since it may have names that a module chose.
[[nodiscard]] std::string reasonOf(const wasmtime_error_t* error);

}  // namespace wagi::engine
