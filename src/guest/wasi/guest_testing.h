// For tests only: a guest that makes the host calls which a test asks for, through Wasmtime as any
// guest does.
//
// Its module imports every function, and exports for each a function of the same name that calls
// it. So it can't be instantiated where the host's table has a wrong signature. It also exports
// `grow`, which is memory.grow.
#pragma once

#include <wasmtime.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "guest/wasi/abi.h"
#include "guest/wasi/testing.h"

namespace wagi::wasi {

class Guest {
 public:
  enum class State { kReturned, kSuspended, kTrapped };
  static constexpr std::uint32_t kPages = 4;
  static constexpr std::uint32_t kMemoryBytes = kPages << 16;
  static constexpr std::uint32_t kScratch = 1024;  // put() begins here; results are below.

  static constexpr std::string_view kMemory = "(memory (export \"memory\") 4)";  // kPages.

  // The text of the module described above, with this text for its memory.
  [[nodiscard]] static std::string forwarder(Abi abi, std::string_view memory = kMemory);

  // Borrows `world`.
  explicit Guest(World& world, Abi abi = Abi::kSnapshot1);
  // A guest with a module of the test's own.
  Guest(World& world, std::string_view wat);
  ~Guest();

  // Makes a call that must return at once; returns its errno.
  Errno call(std::string_view name, std::initializer_list<std::uint64_t> arguments);
  // Makes a call that may wait; resume() attempts it again.
  State start(std::string_view name, std::initializer_list<std::uint64_t> arguments) {
    return startWith(name, std::span(arguments.begin(), arguments.size()));
  }
  State startWith(std::string_view name, std::span<const std::uint64_t> arguments);
  State resume();
  // Gives up the call in progress, as when its client has gone.
  void drop();
  // The errno of the last call. REQUIRES: it returned.
  [[nodiscard]] Errno result() const { return static_cast<Errno>(result_.of.i32); }
  // The text of the last call's trap.
  [[nodiscard]] const std::string& trap() const { return trap_text_; }
  [[nodiscard]] const Context& context() const { return context_; }
  // Why the last call was suspended; of one that returned, what its output asked for.
  [[nodiscard]] const std::optional<Suspension>& suspension() const { return suspension_; }
  template <class Reason>
  [[nodiscard]] bool suspendedBy() const {
    return suspension_ && std::holds_alternative<Reason>(*suspension_);
  }
  // REQUIRES: suspendedBy<EventWait>().
  [[nodiscard]] const EventWait& wait() const { return std::get<EventWait>(suspension_.value()); }

  // ---- The guest's memory.
  [[nodiscard]] std::size_t memorySize() const;
  // Writes `bytes` to the beginning of memory, as far as there is room.
  void fill(std::span<const std::uint8_t> bytes);
  void copy(std::uint32_t to, std::uint32_t from, std::size_t length);
  // Copies `bytes` to free memory; returns their address.
  std::uint32_t put(std::string_view bytes);
  // Makes the memory of put() free again, for a test that puts much.
  void reset() { free_ = kScratch; }
  // Puts an array of iovecs for the buffers (address, length); returns its address.
  std::uint32_t iovecs(std::initializer_list<Iovec> buffers);
  [[nodiscard]] std::string text(std::uint32_t at, std::size_t length) const;
  template <class T>
  [[nodiscard]] T load(std::uint32_t at) const {
    T value;
    std::memcpy(&value, memory() + at, sizeof(T));
    return value;
  }
  template <class T>
  void store(std::uint32_t at, const T& value) {
    std::memcpy(memory() + at, &value, sizeof(T));
  }

  // ---- Shorthands, which expect success.
  std::uint32_t open(std::string_view path, std::uint32_t oflags = 0,
                     Rights base = rights::kFile | rights::kDirectory, std::uint32_t folder = 3);
  std::uint32_t openFolder(std::string_view path);
  std::string read(std::uint32_t fd, std::uint32_t length = 4096);
  void write(std::uint32_t fd, std::string_view bytes);
  Errno tryOpen(std::string_view path, std::uint32_t oflags = 0,
                Rights base = rights::kFdRead | rights::kFdReaddir, std::uint32_t folder = 3,
                std::uint32_t lookup = kLookupSymlinkFollow);
  // Calls a path function that takes (fd, path, length).
  Errno path(std::string_view function, std::string_view path, std::uint32_t folder = 3);

 private:
  void instantiate(const std::string& wat);
  [[nodiscard]] std::uint8_t* memory() const;
  State poll();

  Invocation invocation_;
  Context context_;
  std::optional<Suspension> suspension_;
  wasmtime_store_t* store_ = nullptr;
  wasmtime_instance_t instance_{};
  wasmtime_func_t function_{};
  std::vector<wasmtime_val_t> arguments_;
  wasmtime_val_t result_{};
  wasmtime_call_future_t* future_ = nullptr;
  wasm_trap_t* trap_ = nullptr;
  wasmtime_error_t* error_ = nullptr;
  std::string trap_text_;
  std::uint32_t free_ = kScratch;
};

}  // namespace wagi::wasi
