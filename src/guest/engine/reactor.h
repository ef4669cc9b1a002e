// One run of a reactor: makes an instance, calls its `_initialize`, and then its entry point.
//
// These are three futures, one after the other. A module without `_initialize` needs only one
// (wagi_run), which costs less. A Reactor belongs to an Instance and doesn't move, since the
// futures write to it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "guest/engine/handles.h"

namespace wagi::engine {

class Reactor {
 public:
  enum class Step : std::uint8_t { kInstantiate, kInitialize, kEntryPoint };

  // Borrows its arguments. `entrypoint` is the name of one of the module's exports.
  Reactor(const wasmtime_instance_pre_t* pre, wasmtime_context_t* store,
          std::string_view entrypoint);
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;
  ~Reactor();

  // Runs until the guest is suspended (false), or the run has ended (true), in step() and with
  // error().
  [[nodiscard]] bool poll();

  // The step that runs, or that ran last.
  [[nodiscard]] Step step() const { return step_; }
  // The text of the failure, with its backtrace; "" after success. REQUIRES: poll() returned true.
  [[nodiscard]] std::string error() const;
  // Whether the function of step() couldn't even be called.
  [[nodiscard]] bool refused() const { return !refusal_.empty(); }

 private:
  // Begins to call `name`; false, and refused(), where it isn't a function without parameters and
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
  FutureHandle future_;  // Last, since it writes to the members above.
};

}  // namespace wagi::engine
