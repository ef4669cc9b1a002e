#include "guest/engine/instance.h"

#include <cassert>
#include <limits>
#include <optional>

namespace wagi::engine {
namespace {

// A yield ends this many epochs after the guest got the core: with the next one.
constexpr std::uint64_t kEpochsPerSlice = 1;

std::size_t limitOrNone(std::uint64_t bytes_max) {
  return bytes_max == 0 ? std::numeric_limits<std::size_t>::max() : bytes_max;
}

}  // namespace

Instance::Instance(const Module& module, const EntryPoint& entrypoint,
                   const wasi::Invocation& invocation, std::uint64_t memory_bytes_max, Yield yield)
    : entrypoint_(entrypoint),
      context_(invocation, module.engine().get()),
      limiter_{limitOrNone(memory_bytes_max), kTableElementsHardMax, 0, 0, false},
      store_(wasmtime_store_new(module.engine().get(), &context_, nullptr)) {
  if (entrypoint.place == nullptr) return;
  wagi_store_limit(store_.get(), &limiter_);
  wasmtime_context_t* store = wasmtime_store_context(store_.get());
  const std::uint64_t epochs = yield == Yield::kAtEachCheck ? 0 : kEpochsPerSlice;
  wasmtime_context_set_epoch_deadline(store, epochs);
  wasmtime_context_epoch_deadline_async_yield_and_update(store, epochs);
  if (entrypoint.in_reactor) {
    reactor_ = std::make_unique<Reactor>(module.pre(), store, entrypoint.name);
  } else {
    future_.reset(wagi_run(module.pre(), store, entrypoint.place.get(), &run_));
  }
}

Instance::~Instance() {
  future_.reset();
  if (run_.error != nullptr) wasmtime_error_delete(run_.error);
}

Stop Instance::resume() {
  assert(!ended_);
  if (entrypoint_.place != nullptr && !poll()) return suspended();
  future_.reset();
  end();
  return Ended{};
}

Stop Instance::suspended() {
  const std::optional<wasi::Suspension> why = context_.takeSuspension();
  if (!why) return Interrupted{};
  return std::visit([](const auto& reason) -> Stop { return reason; }, *why);
}

bool Instance::poll() {
  return reactor_ != nullptr ? reactor_->poll() : wasmtime_call_future_poll(future_.get());
}

void Instance::end() {
  ended_ = true;
  outcome_.in_initialize = initializing() && !reactor_->refused();
  if (entrypoint_.place == nullptr) {
    outcome_.kind = Outcome::Kind::kNoEntryPoint;
  } else if (context_.exitStatus()) {
    outcome_.exit_code = *context_.exitStatus();
    // Running out of memory, most languages say so on stderr and exit with a code of their own.
    const bool out_of_memory = limiter_.memory_refused && outcome_.exit_code != 0;
    outcome_.kind = out_of_memory ? Outcome::Kind::kOutOfMemory : Outcome::Kind::kExited;
  } else if (run_.error != nullptr) {
    fail(messageOf(run_.error), run_.instantiated);
  } else if (reactor_ != nullptr) {
    const std::string error = reactor_->error();
    const bool began = reactor_->step() != Reactor::Step::kInstantiate && !reactor_->refused();
    if (!error.empty()) fail(error, began);
  }
}

void Instance::fail(const std::string& error, bool began) {
  outcome_.kind = limiter_.memory_refused ? Outcome::Kind::kOutOfMemory
                  : began                 ? Outcome::Kind::kTrapped
                                          : Outcome::Kind::kNoStart;
  const Trap trap = parseTrap(error);
  outcome_.trap = trap.kind;
  outcome_.in_own_code = !trap.frames.empty();
  outcome_.message = render(trap);
}

}  // namespace wagi::engine
