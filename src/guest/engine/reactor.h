// One run of a reactor: an instance is made, its `_initialize` called, and then its entry point.
//
// Three futures, one after the other; a module without an `_initialize` has one for all (wagi_run),
// which costs less. Belongs to an Instance; stays where it is, since the futures write to it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "guest/engine/handles.h"

namespace wagi::engine {

class Reactor {
 public:
  enum class Step : std::uint8_t { kInstantiate, kInitialize, kEntryPoint };

  // Borrows everything. `entrypoint` names one of the module's exports.
  Reactor(const wasmtime_instance_pre_t* pre, wasmtime_context_t* store,
          std::string_view entrypoint);
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;
  ~Reactor();

  // Runs it until it is suspended (false) or ends, in step() and with error().
  [[nodiscard]] bool poll();

  // What runs, or ran last.
  [[nodiscard]] Step step() const { return step_; }
  // What went wrong, with its backtrace; empty where nothing did. REQUIRES: poll() said true.
  [[nodiscard]] std::string error() const;
  // Whether it went wrong before the function of step() began.
  [[nodiscard]] bool refused() const { return !refusal_.empty(); }

 private:
  // Begins to call `name`; false, and refused(), where it is no function without parameters and
  // results.
  bool call(std::string_view name);

  wasmtime_context_t* const store_;
  const std::string_view entrypoint_;
  Step step_ = Step::kInstantiate;
  wasmtime_instance_t instance_{};
  wasmtime_func_t function_{};
  wasm_trap_t* trap_ = nullptr;
  wasmtime_error_t* error_ = nullptr;
  std::string refusal_;
  FutureHandle future_;  // Gone before what it writes to.
};

}  // namespace wagi::engine
