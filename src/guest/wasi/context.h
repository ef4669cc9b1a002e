// All that one instance may see and do: its arguments, environment, streams, folders and clocks.
//
// A Context belongs to one instance, is the data of its store, and is used from the worker's event
// loop only, by the host functions of preview1.h. It lives at a fixed address until the instance
// is gone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/block.h"
#include "guest/wasi/http_client.h"
#include "guest/wasi/memory.h"
#include "guest/wasi/streams.h"
#include "guest/wasi/system.h"
#include "guest/wasi/wait.h"

struct wasm_engine_t;
struct wasmtime_memory;

namespace wagi::wasi {

struct HostState;

// Whether a guest may open devices and FIFOs. Opening one does something by itself (a reader sees
// its FIFO's other end, a tape rewinds, a watchdog starts), and using it may block the whole
// process.
enum class SpecialFiles : std::uint8_t {
  kRefused,
  kOpened,  // In a process that runs one guest, for the person who started it.
};

// A host folder that the guest sees. The descriptor is opened once and shared by all instances.
struct Preopen {
  std::string guest_path;  // As the guest names it: "/data".
  int fd = -1;             // O_PATH or O_RDONLY on the folder; borrowed.
  bool read_only = false;
  SpecialFiles special_files = SpecialFiles::kRefused;
};

// A guest's surroundings for one run. Everything is borrowed and must outlive the context.
struct Invocation {
  const Block& arguments;
  const Block& environment;
  Input& in;
  Output& out;
  Output& err;
  std::span<const Preopen> preopens;
  System& system;
  HttpClient* http = nullptr;  // Null: every request is refused.
};

class Context {
 public:
  // Cheap: one small allocation and no system call. Copies `invocation`, borrows what it refers to.
  // `engine` runs the guest and is interrupted for an output that asks for it; null: never.
  Context(const Invocation& invocation, const wasm_engine_t* engine);
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context();

  // Tells where the memory is, if that is known before a call looks it up, and whose pages have to
  // be made writable; null: nobody's. `pages` is read at each call, and must outlive this.
  void setMemory(const wasmtime_memory* memory, WritablePages* const* pages);

  // Why a guest that was just suspended can't go on; nullopt when it only gave up the core. What an
  // output asked for comes first and is said once; a call that can't return either says so again
  // when its guest is resumed.
  [[nodiscard]] std::optional<Suspension> takeSuspension();
  // The status that the guest passed to proc_exit, once it did. The trap that proc_exit raises is
  // then no error.
  [[nodiscard]] std::optional<std::uint32_t> exitStatus() const { return exit_status_; }

 private:
  friend struct HostState;  // The host functions' side: host_state.h.

  std::optional<Suspension> suspension_;  // Why the call that the guest is in can't return.
  std::optional<std::uint32_t> exit_status_;
  std::unique_ptr<HostState> host_;
};

}  // namespace wagi::wasi
