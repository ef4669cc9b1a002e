#include "guest/engine/instance.h"

#include <cassert>
#include <optional>

namespace wagi::engine {
namespace {

// A yield ends this many epochs after the guest got the core: with the next one.
constexpr std::uint64_t kEpochsPerSlice = 1;

}  // namespace

Instance::Instance(const Module& module, const EntryPoint& entrypoint,
                   const wasi::Invocation& invocation, std::uint64_t memory_bytes_max,
                   KeptInstances* kept, Yield yield)
    : entrypoint_(entrypoint),
      kept_(module.instances() == Instances::kKept ? kept : nullptr),
      context_(invocation, module.engine().get()) {
  if (entrypoint.place == nullptr) return;
  const std::uint64_t epochs = yield == Yield::kAtEachCheck ? 0 : kEpochsPerSlice;
  if (kept_ != nullptr) sandbox_ = kept_->take();
  if (sandbox_ == nullptr || !sandbox_->prepare(context_, memory_bytes_max)) {
    sandbox_ = std::make_unique<Sandbox>(module, epochs);
    std::ignore = sandbox_->prepare(context_, memory_bytes_max);
  }
  future_ = sandbox_->run(entrypoint, kept_ != nullptr, run_);
}

Instance::~Instance() {
  future_.reset();
  if (mayBeKept()) kept_->give(std::move(sandbox_));
  if (run_.error != nullptr) wasmtime_error_delete(run_.error);
}

bool Instance::mayBeKept() const {
  return kept_ != nullptr && ended_ && outcome_.kind == Outcome::Kind::kExited &&
         !sandbox_->memoryRefused();
}

Stop Instance::resume() {
  assert(!ended_);
  if (future_ != nullptr) {
    sandbox_->expectMemory();
    if (!wasmtime_call_future_poll(future_.get())) return suspended();
    future_.reset();
  }
  end();
  return Ended{};
}

Stop Instance::suspended() {
  const std::optional<wasi::Suspension> why = context_.takeSuspension();
  if (!why) return Interrupted{};
  return std::visit([](const auto& reason) -> Stop { return reason; }, *why);
}

void Instance::end() {
  ended_ = true;
  outcome_.in_initialize = initializing();
  if (entrypoint_.place == nullptr) {
    outcome_.kind = Outcome::Kind::kNoEntryPoint;
  } else if (context_.exitStatus()) {
    outcome_.exit_code = *context_.exitStatus();
    // Running out of memory, most languages say so on stderr and exit with a code of their own.
    const bool out_of_memory = sandbox_->memoryRefused() && outcome_.exit_code != 0;
    outcome_.kind = out_of_memory ? Outcome::Kind::kOutOfMemory : Outcome::Kind::kExited;
  } else if (run_.error != nullptr) {
    fail(messageOf(run_.error));
  }
}

void Instance::fail(const std::string& error) {
  outcome_.kind = sandbox_->memoryRefused()         ? Outcome::Kind::kOutOfMemory
                  : instantiated() && !run_.refused ? Outcome::Kind::kTrapped
                                                    : Outcome::Kind::kNoStart;
  const Trap trap = parseTrap(error);
  outcome_.trap = trap.kind;
  outcome_.in_own_code = !trap.frames.empty();
  outcome_.message = render(trap);
}

}  // namespace wagi::engine
