#include "guest/wasi/guest_testing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

#include "guest/wasi/experimental_http.h"
#include "guest/wasi/preview1.h"

namespace wagi::wasi {
namespace {

wasm_engine_t* engine() {
  static wasm_engine_t* const instance = wasm_engine_new_with_config(wasm_config_new());
  return instance;
}

std::string takeText(wasmtime_error_t* error) {
  wasm_name_t text;
  wasmtime_error_message(error, &text);
  std::string result(text.data, text.size);
  wasm_byte_vec_delete(&text);
  wasmtime_error_delete(error);
  return result;
}

std::string takeText(wasm_trap_t* trap) {
  wasm_message_t text;
  wasm_trap_message(trap, &text);
  std::string result(text.data, text.size);
  wasm_byte_vec_delete(&text);
  wasm_trap_delete(trap);
  return result;
}

void require(wasmtime_error_t* error) {
  if (error == nullptr) return;
  ADD_FAILURE() << takeText(error);
  std::abort();
}

struct ModuleDelete {
  void operator()(wasmtime_module_t* module) const { wasmtime_module_delete(module); }
};
using ModuleHandle = std::unique_ptr<wasmtime_module_t, ModuleDelete>;

// Compiles a text, once, since that takes longer than most tests. Modules are kept to the end.
const wasmtime_module_t* moduleOf(const std::string& wat) {
  static std::map<std::string, ModuleHandle> modules;
  ModuleHandle& kept = modules[wat];
  if (kept) return kept.get();
  wasm_byte_vec_t wasm;
  require(wasmtime_wat2wasm(wat.data(), wat.size(), &wasm));
  wasmtime_module_t* module = nullptr;
  require(wasmtime_module_new(engine(), reinterpret_cast<std::uint8_t*>(wasm.data), wasm.size,
                              &module));
  wasm_byte_vec_delete(&wasm);
  kept.reset(module);
  return module;
}

const wasmtime_linker_t* linker() {
  static wasmtime_linker_t* const instance = [] {
    wasmtime_linker_t* const made = wasmtime_linker_new(engine());
    if (const auto defined = define(made); !defined) {
      ADD_FAILURE() << defined.error().message;
      std::abort();
    }
    if (const auto defined = defineExperimentalHttp(made); !defined) {
      ADD_FAILURE() << defined.error().message;
      std::abort();
    }
    return made;
  }();
  return instance;
}

}  // namespace

std::string Guest::forwarder(Abi abi, std::string_view memory) {
  const std::string host = abi == Abi::kSnapshot1 ? "wasi_snapshot_preview1" : "wasi_unstable";
  std::string imports, functions;
  for (const auto& [name_view, parameters, may_wait] : signatures()) {
    const std::string name(name_view);
    if (abi == Abi::kSnapshot0 && name == "sock_accept") continue;
    std::string type, gets;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      type += parameters[i] == 'I' ? " i64" : " i32";
      gets += fmt::format(" (local.get {})", i);
    }
    if (!type.empty()) type = fmt::format(" (param{})", type);
    if (name != "proc_exit") type += " (result i32)";
    imports += fmt::format("(import \"{0}\" \"{1}\" (func ${1}{2}))\n", host, name, type);
    functions += fmt::format("(func (export \"{0}\"){1} (call ${0}{2}))\n", name, type, gets);
  }
  std::string grow;
  if (memory.starts_with("(memory (export \"memory\")") && !memory.contains("i64")) {
    grow = "(func (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0)))\n";
  }
  return "(module " + imports + std::string(memory) + "\n" + grow + functions + ")";
}

Guest::Guest(World& world, Abi abi) : Guest(world, forwarder(abi)) {}

Guest::Guest(World& world, std::string_view wat)
    : invocation_(world.invocation()), context_(invocation_, engine()) {
  instantiate(std::string(wat));
}

Guest::~Guest() {
  drop();
  wasmtime_store_delete(store_);
}

void Guest::instantiate(const std::string& wat) {
  store_ = wasmtime_store_new(engine(), &context_, nullptr);
  future_ = wasmtime_linker_instantiate_async(linker(), wasmtime_store_context(store_),
                                              moduleOf(wat), &instance_, &trap_, &error_);
  while (!wasmtime_call_future_poll(future_)) {
  }
  wasmtime_call_future_delete(std::exchange(future_, nullptr));
  require(error_);
}

Guest::State Guest::startWith(std::string_view name, std::span<const std::uint64_t> arguments) {
  wasmtime_extern_t item;
  wasmtime_context_t* const store = wasmtime_store_context(store_);
  if (!wasmtime_instance_export_get(store, &instance_, name.data(), name.size(), &item)) {
    ADD_FAILURE() << "no export " << name;
    std::abort();
  }
  function_ = item.of.func;
  wasm_functype_t* const type = wasmtime_func_type(store, &function_);
  const wasm_valtype_vec_t* const kinds = wasm_functype_params(type);
  EXPECT_EQ(kinds->size, arguments.size()) << name;
  arguments_.clear();
  for (const std::uint64_t argument : arguments) {
    wasmtime_val_t value{};
    value.kind =
        wasm_valtype_kind(kinds->data[arguments_.size()]) == WASM_I64 ? WASMTIME_I64 : WASMTIME_I32;
    if (value.kind == WASMTIME_I64) value.of.i64 = static_cast<std::int64_t>(argument);
    if (value.kind == WASMTIME_I32) value.of.i32 = static_cast<std::int32_t>(argument);
    arguments_.push_back(value);
  }
  const std::size_t results = wasm_functype_results(type)->size;
  wasm_functype_delete(type);
  future_ = wasmtime_func_call_async(store, &function_, arguments_.data(), arguments_.size(),
                                     &result_, results, &trap_, &error_);
  return poll();
}

Guest::State Guest::resume() { return poll(); }

Guest::State Guest::poll() {
  const bool over = wasmtime_call_future_poll(future_);
  suspension_ = context_.takeSuspension();
  if (!over) return State::kSuspended;
  wasmtime_call_future_delete(std::exchange(future_, nullptr));
  trap_text_.clear();
  if (trap_ != nullptr) trap_text_ = takeText(std::exchange(trap_, nullptr));
  if (error_ != nullptr) trap_text_ = takeText(std::exchange(error_, nullptr));
  return trap_text_.empty() ? State::kReturned : State::kTrapped;
}

void Guest::drop() {
  if (future_ != nullptr) wasmtime_call_future_delete(std::exchange(future_, nullptr));
}

Errno Guest::call(std::string_view name, std::initializer_list<std::uint64_t> arguments) {
  State state = start(name, arguments);
  while (state == State::kSuspended && suspendedBy<BetweenPieces>()) state = resume();
  EXPECT_EQ(state, State::kReturned) << name << ": " << trap_text_;
  if (state == State::kSuspended) drop();
  EXPECT_FALSE(suspension_ && state == State::kReturned) << name;
  return result();
}

std::uint8_t* Guest::memory() const {
  wasmtime_context_t* const store = wasmtime_store_context(store_);
  wasmtime_extern_t item;
  if (!wasmtime_instance_export_get(store, &instance_, "memory", 6, &item)) std::abort();
  return wasmtime_memory_data(store, &item.of.memory);
}

std::size_t Guest::memorySize() const {
  wasmtime_context_t* const store = wasmtime_store_context(store_);
  wasmtime_extern_t item;
  if (!wasmtime_instance_export_get(store, &instance_, "memory", 6, &item)) std::abort();
  return wasmtime_memory_data_size(store, &item.of.memory);
}

void Guest::fill(std::span<const std::uint8_t> bytes) {
  std::copy_n(bytes.begin(), std::min(bytes.size(), memorySize()), memory());
}

std::uint32_t Guest::put(std::string_view bytes) {
  const std::uint32_t at = free_;
  if (at + bytes.size() > kMemoryBytes) std::abort();
  std::memcpy(memory() + at, bytes.data(), bytes.size());
  free_ += static_cast<std::uint32_t>((bytes.size() + 15) & ~std::size_t{15});
  return at;
}

std::uint32_t Guest::iovecs(std::initializer_list<Iovec> buffers) {
  std::string bytes;
  for (const Iovec& buffer : buffers) {
    bytes.append(reinterpret_cast<const char*>(&buffer), sizeof(buffer));
  }
  return put(bytes);
}

void Guest::copy(std::uint32_t to, std::uint32_t from, std::size_t length) {
  if (std::max(to, from) + length > memorySize()) std::abort();
  std::memmove(memory() + to, memory() + from, length);
}

std::string Guest::text(std::uint32_t at, std::size_t length) const {
  return {reinterpret_cast<const char*>(memory()) + at, length};
}

Errno Guest::tryOpen(std::string_view path, std::uint32_t oflags, Rights base, std::uint32_t folder,
                     std::uint32_t lookup) {
  return call("path_open", {folder, lookup, put(path), path.size(), oflags, base,
                            rights::kFile | rights::kDirectory, 0, 0});
}

std::uint32_t Guest::open(std::string_view path, std::uint32_t oflags, Rights base,
                          std::uint32_t folder) {
  EXPECT_EQ(tryOpen(path, oflags, base, folder), Errno::kSuccess) << path;
  return load<std::uint32_t>(0);
}

std::uint32_t Guest::openFolder(std::string_view path) {
  return open(path, kOflagsDirectory, (rights::kFile | rights::kDirectory) & ~rights::kFdWrite);
}

std::string Guest::read(std::uint32_t fd, std::uint32_t length) {
  const std::uint32_t buffer = put(std::string(length, '\0'));
  EXPECT_EQ(call("fd_read", {fd, iovecs({{buffer, length}}), 1, 0}), Errno::kSuccess);
  return text(buffer, load<std::uint32_t>(0));
}

void Guest::write(std::uint32_t fd, std::string_view bytes) {
  const Iovec buffer{put(bytes), static_cast<std::uint32_t>(bytes.size())};
  EXPECT_EQ(call("fd_write", {fd, iovecs({buffer}), 1, 0}), Errno::kSuccess);
  EXPECT_EQ(load<std::uint32_t>(0), bytes.size());
}

Errno Guest::path(std::string_view function, std::string_view path, std::uint32_t folder) {
  return call(function, {folder, put(path), path.size()});
}

}  // namespace wagi::wasi
