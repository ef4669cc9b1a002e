// The state that the host functions keep for one instance, and the arguments of each call.
#pragma once

#include <wasmtime.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "guest/wasi/abi.h"
#include "guest/wasi/context.h"
#include "guest/wasi/fd_table.h"
#include "guest/wasi/memory.h"

namespace wagi::wasi {

struct HostState {
  HostState(const Invocation& invocation_in, const wasm_engine_t* engine_in)
      : invocation(invocation_in), engine(engine_in), fds(invocation) {}

  static HostState& of(Context& context) { return *context.host_; }
  static std::optional<Suspension>& suspension(Context& context) { return context.suspension_; }
  static void exit(Context& context, std::uint32_t status) { context.exit_status_ = status; }

  // For a call that returns at once: the guest is suspended where it next checks its epoch.
  void suspendAtNextCheck(const Suspension& why);

  const Invocation invocation;
  const wasm_engine_t* const engine;  // See Context.
  std::optional<Suspension> at_next_check;
  FdTable fds;
  std::optional<wasmtime_memory_t> memory;  // The first call looks it up.
  WritablePages* const* pages = nullptr;    // See Context::setMemory().
};

// The state that a waiting call keeps from one attempt to the next.
struct Progress {
  struct Timestamp {
    std::chrono::steady_clock::time_point monotonic;
    std::chrono::nanoseconds wall;
  };
  bool resumed = false;            // Whether this isn't the first attempt.
  std::optional<Timestamp> began;  // Set by a call that measures time from its beginning.
  std::uint64_t done = 0;          // Bytes served so far, where others run between the pieces.
  std::optional<std::uint32_t> http_handle{};  // The request, once it was begun.
  std::vector<FileWait> files{};               // Files that the last attempt waits for.
};

// One call, or one attempt of a waiting call. The function that serves it borrows it.
struct Call {
  HostState& host;
  GuestMemory memory;
  Abi abi = Abi::kSnapshot1;
  Progress* progress = nullptr;  // Null in a function that never waits.

  [[nodiscard]] const Invocation& invocation() const { return host.invocation; }
  [[nodiscard]] FdTable& fds() const { return host.fds; }
  [[nodiscard]] EventWait roomIn(const Output& output) const {
    const bool out = &output == &host.invocation.out;
    return {.out = out, .err = !out};
  }
};

}  // namespace wagi::wasi
