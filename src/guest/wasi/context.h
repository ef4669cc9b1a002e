// What one instance may see and do: its arguments, environment, streams, folders and clocks.
//
// A Context belongs to one instance, is the data of its store, and is used from the worker's event
// loop only, by the host functions of preview1.h. It lives at a fixed address until the instance
// is gone.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/block.h"
#include "guest/wasi/http_client.h"
#include "guest/wasi/streams.h"
#include "guest/wasi/system.h"

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

// What to run with. Everything is borrowed and must outlive the context.
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

// A special file that a guest waits for.
struct FileWait {
  enum class For : std::uint8_t { kReading, kWriting };
  int fd = -1;  // The host's.
  For what = For::kReading;
};

// What a suspended guest waits for, in a call that can't return yet: for stdin if `in`, for room in
// stdout or stderr if `out` or `err`, for the time if `until`, for `files`, for whichever comes
// first of several; for its HTTP client if `http`, which comes alone; none of them means that
// others should run first, unless the guest has used little of the core and `in_piece`: then it is
// only between two pieces of a long call.
struct Wait {
  bool in = false;
  bool out = false;
  bool err = false;
  bool in_piece = false;
  bool http = false;
  std::optional<std::chrono::steady_clock::time_point> until{};
  std::vector<FileWait> files{};  // Of a guest that may open them: SpecialFiles.
};

class Context {
 public:
  // Cheap: one small allocation and no system call. Copies `invocation`, borrows what it refers to.
  explicit Context(const Invocation& invocation);
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context();

  // Set while a host function waits; resuming the guest before the wait is over is harmless.
  [[nodiscard]] const std::optional<Wait>& waiting() const { return waiting_; }
  // The status that the guest passed to proc_exit, once it did. The trap that proc_exit raises is
  // then no error.
  [[nodiscard]] std::optional<std::uint32_t> exitStatus() const { return exit_status_; }

 private:
  friend struct HostState;  // The host functions' side: host_state.h.

  std::optional<Wait> waiting_;
  std::optional<std::uint32_t> exit_status_;
  std::unique_ptr<HostState> host_;
};

}  // namespace wagi::wasi
