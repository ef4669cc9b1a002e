#include "guest/wasi/context.h"

#include <utility>

#include "guest/wasi/host_state.h"

namespace wagi::wasi {

Context::Context(const Invocation& invocation, const wasm_engine_t* engine)
    : host_(std::make_unique<HostState>(invocation, engine)) {}

Context::~Context() = default;

void Context::setMemory(const wasmtime_memory* memory, WritablePages* const* pages) {
  if (memory != nullptr) host_->memory = *memory;
  host_->pages = pages;
}

void HostState::suspendAtNextCheck(const Suspension& why) {
  const bool failed = at_next_check && std::holds_alternative<OutputFailed>(*at_next_check);
  if (!failed) at_next_check = why;
  if (engine != nullptr) wasmtime_engine_increment_epoch(engine);
}

std::optional<Suspension> Context::takeSuspension() {
  if (host_->at_next_check) return std::exchange(host_->at_next_check, std::nullopt);
  return suspension_;
}

}  // namespace wagi::wasi
