// One run of one entry point in an instance in its first state, as a fiber that its owner resumes.
//
// The guest finds a new instance to the last byte, whether it is one or was set back (sandbox.h):
// that is the isolation that a guest's users rely on. Destroying an Instance ends the
// guest wherever it is. Used from the worker's event loop only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "guest/engine/module.h"
#include "guest/engine/sandbox.h"
#include "guest/engine/trap.h"
#include "guest/wasi/context.h"

namespace wagi::engine {

// How a guest ended.
struct Outcome {
  enum class Kind {
    kExited,       // Returned, or called proc_exit: `exit_code`.
    kTrapped,      // `trap` and, with its backtrace, `message`.
    kOutOfMemory,  // Trapped, failed or couldn't start after memory was refused to it.
    kNoEntryPoint,
    kNoStart,  // Couldn't be instantiated, or the function couldn't be called: `message`.
  };
  Kind kind = Kind::kExited;
  bool in_initialize = false;  // In the reactor's `_initialize`: the entry point wasn't called.
  std::uint32_t exit_code = 0;
  Trap::Kind trap = Trap::Kind::kAbort;
  bool in_own_code = false;  // A function of the module's was running, not Wasmtime's or the host.
  std::string message;       // Lines for a person, without control characters: render() of trap.h.
};

// The guest has ended: Instance::outcome() says how.
struct Ended {};

// The guest gave up the core at a check of its epoch, and can go on at once.
struct Interrupted {};

// Why a guest stopped running.
using Stop = std::variant<Ended, Interrupted, wasi::EventWait, wasi::AnswerWait, wasi::Yielded,
                          wasi::BetweenPieces, wasi::OutputFailed>;
template <class Reason>
[[nodiscard]] bool is(const Stop& stop) {
  return std::holds_alternative<Reason>(stop);
}

class Instance {
 public:
  // When a guest is interrupted: the checks are where a function begins, and where a loop goes on.
  enum class Yield { kWhenInterrupted, kAtEachCheck };

  // Borrows everything. `module` must be bound; `entrypoint` is what it found. One that isn't there
  // ends at once with kNoEntryPoint. `memory_bytes_max` 0 is no limit. The instance comes from
  // `kept`, of that module and entry point, and goes there; null: it is a new one. The guest
  // doesn't run before resume().
  Instance(const Module& module, const EntryPoint& entrypoint, const wasi::Invocation& invocation,
           std::uint64_t memory_bytes_max, KeptInstances* kept = nullptr,
           Yield yield = Yield::kWhenInterrupted);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance();

  // Runs the guest until it ends or is suspended, and says why it was. REQUIRES: not ended.
  [[nodiscard]] Stop resume();

  // Whether it is in the `_initialize` of a reactor, or ended there.
  [[nodiscard]] bool initializing() const {
    return run_.step == WAGI_STEP_INITIALIZE && !run_.refused;
  }
  // Whether the instance is made and its start function has returned.
  [[nodiscard]] bool instantiated() const { return run_.step != WAGI_STEP_INSTANTIATE; }

  // REQUIRES: ended.
  [[nodiscard]] const Outcome& outcome() const { return outcome_; }

 private:
  [[nodiscard]] Stop suspended();
  void end();
  void fail(const std::string& error);
  // Whether the instance may be set back: it has come to its end, within its limits.
  [[nodiscard]] bool mayBeKept() const;

  const EntryPoint& entrypoint_;
  KeptInstances* const kept_;
  wasi::Context context_;
  wagi_run_t run_{};
  Outcome outcome_;
  bool ended_ = false;
  std::unique_ptr<Sandbox> sandbox_;  // Null where there is no entry point.
  FutureHandle future_;               // Holds on to what stands above it.
};

}  // namespace wagi::engine
