#include "guest/engine/reactor.h"

#include "guest/engine/application_abi.h"

namespace wagi::engine {

Reactor::Reactor(const wasmtime_instance_pre_t* pre, wasmtime_context_t* store,
                 std::string_view entrypoint)
    : store_(store),
      entrypoint_(entrypoint),
      future_(wasmtime_instance_pre_instantiate_async(pre, store, &instance_, &trap_, &error_)) {}

Reactor::~Reactor() {
  future_.reset();
  if (trap_ != nullptr) wasm_trap_delete(trap_);
  if (error_ != nullptr) wasmtime_error_delete(error_);
}

bool Reactor::poll() {
  while (wasmtime_call_future_poll(future_.get())) {
    future_.reset();
    if (trap_ != nullptr || error_ != nullptr || step_ == Step::kEntryPoint) return true;
    step_ = step_ == Step::kInstantiate ? Step::kInitialize : Step::kEntryPoint;
    if (!call(step_ == Step::kInitialize ? kInitializeFunction : entrypoint_)) return true;
  }
  return false;
}

bool Reactor::call(std::string_view name) {
  wasmtime_extern_t item;
  if (!wasmtime_instance_export_get(store_, &instance_, name.data(), name.size(), &item) ||
      item.kind != WASMTIME_EXTERN_FUNC) {
    refusal_ = std::string(name) + " isn't a function";
    return false;
  }
  function_ = item.of.func;
  wasm_functype_t* const type = wasmtime_func_type(store_, &function_);
  const bool takes_or_gives =
      wasm_functype_params(type)->size != 0 || wasm_functype_results(type)->size != 0;
  wasm_functype_delete(type);
  if (takes_or_gives) {
    refusal_ = std::string(name) + " has parameters or results";
    return false;
  }
  future_.reset(
      wasmtime_func_call_async(store_, &function_, nullptr, 0, nullptr, 0, &trap_, &error_));
  return true;
}

std::string Reactor::error() const {
  if (trap_ != nullptr) return messageOf(trap_);
  return error_ != nullptr ? messageOf(error_) : refusal_;
}

}  // namespace wagi::engine
