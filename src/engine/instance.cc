#include "engine/instance.h"

#include <cassert>
#include <limits>

namespace wagi::engine {
namespace {

// A yield ends this many epochs after the guest got the core: with the next one.
constexpr std::uint64_t kEpochsPerSlice = 1;

std::size_t limitOrNone(std::uint64_t bytes_max) {
  return bytes_max == 0 ? std::numeric_limits<std::size_t>::max() : bytes_max;
}

}  // namespace

Instance::Instance(const Module& module, std::string_view entrypoint,
                   const wasi::Invocation& invocation, std::uint64_t memory_bytes_max)
    : module_(module),
      entrypoint_(entrypoint),
      context_(invocation),
      limiter_{limitOrNone(memory_bytes_max), kTableElementsHardMax, 0, false},
      store_(wasmtime_store_new(module.engine().get(), &context_, nullptr)) {
  wagi_store_limit(store_.get(), &limiter_);
  wasmtime_context_t* context = wasmtime_store_context(store_.get());
  wasmtime_context_set_epoch_deadline(context, kEpochsPerSlice);
  wasmtime_context_epoch_deadline_async_yield_and_update(context, kEpochsPerSlice);
  future_.reset(
      wasmtime_instance_pre_instantiate_async(module.pre(), context, &instance_, &trap_, &error_));
}

Instance::~Instance() {
  future_.reset();
  if (trap_ != nullptr) wasm_trap_delete(trap_);
  if (error_ != nullptr) wasmtime_error_delete(error_);
}

Instance::State Instance::resume() {
  assert(phase_ != Phase::kEnded);
  if (!wasmtime_call_future_poll(future_.get())) return State::kSuspended;
  future_.reset();
  return phase_ == Phase::kInstantiate ? call() : finish();
}

// The instance is made, or failed to be: calls the entry point.
Instance::State Instance::call() {
  if (trap_ != nullptr || error_ != nullptr) return finish();
  wasmtime_context_t* context = wasmtime_store_context(store_.get());
  wasmtime_extern_t item;
  if (!wasmtime_instance_export_get(context, &instance_, entrypoint_.data(), entrypoint_.size(),
                                    &item) ||
      item.kind != WASMTIME_EXTERN_FUNC) {
    end(Outcome::Kind::kNoEntryPoint);
    return State::kEnded;
  }
  phase_ = Phase::kCall;
  function_ = item.of.func;
  future_.reset(
      wasmtime_func_call_async(context, &function_, nullptr, 0, nullptr, 0, &trap_, &error_));
  return resume();
}

Instance::State Instance::finish() {
  if (context_.exitStatus()) {
    outcome_.exit_code = *context_.exitStatus();
    // Running out of memory, most languages say so on stderr and exit with a code of their own.
    const bool out_of_memory = limiter_.memory_refused && outcome_.exit_code != 0;
    end(out_of_memory ? Outcome::Kind::kOutOfMemory : Outcome::Kind::kExited);
  } else if (trap_ == nullptr && error_ == nullptr) {
    end(Outcome::Kind::kExited);
  } else {
    const auto kind = limiter_.memory_refused         ? Outcome::Kind::kOutOfMemory
                      : phase_ == Phase::kInstantiate ? Outcome::Kind::kNoStart
                                                      : Outcome::Kind::kTrapped;
    end(kind, trap_ != nullptr ? messageOf(trap_) : messageOf(error_));
  }
  return State::kEnded;
}

void Instance::end(Outcome::Kind kind, std::string message) {
  phase_ = Phase::kEnded;
  outcome_.kind = kind;
  outcome_.message = std::move(message);
}

}  // namespace wagi::engine
