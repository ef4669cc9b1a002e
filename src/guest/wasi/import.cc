#include "guest/wasi/import.h"

#include <memory>
#include <string>

namespace wagi::wasi::import {
namespace {

// The values to which the env of callbacks points.
constexpr Abi kAbi1 = Abi::kSnapshot1;
constexpr Abi kAbi0 = Abi::kSnapshot0;

struct FunctypeDelete {
  void operator()(wasm_functype_t* type) const { wasm_functype_delete(type); }
};
std::unique_ptr<wasm_functype_t, FunctypeDelete> typeOf(const Import& entry) {
  wasm_valtype_vec_t parameters;
  wasm_valtype_vec_new_uninitialized(&parameters, entry.parameters.size());
  for (std::size_t i = 0; i < entry.parameters.size(); ++i) {
    parameters.data[i] = wasm_valtype_new(entry.parameters[i]);
  }
  wasm_valtype_vec_t results;
  wasm_valtype_vec_new_uninitialized(&results, entry.has_result ? 1 : 0);
  if (entry.has_result) results.data[0] = wasm_valtype_new(WASM_I32);
  return std::unique_ptr<wasm_functype_t, FunctypeDelete>(wasm_functype_new(&parameters, &results));
}

Result<void> take(wasmtime_error_t* error) {
  if (error == nullptr) return {};
  wasm_name_t text;
  wasmtime_error_message(error, &text);
  std::string message(text.data, text.size);
  wasm_byte_vec_delete(&text);
  wasmtime_error_delete(error);
  return fail(std::move(message));
}

}  // namespace

std::optional<GuestMemory> memoryOf(HostState& host, wasmtime_context_t* store,
                                    wasmtime_caller_t* caller) {
  if (!host.memory) {
    constexpr std::string_view kName = "memory";
    wasmtime_extern_t item;
    if (!wasmtime_caller_export_get(caller, kName.data(), kName.size(), &item)) return std::nullopt;
    if (item.kind != WASMTIME_EXTERN_MEMORY) {
      wasmtime_extern_delete(&item);
      return std::nullopt;
    }
    host.memory = item.of.memory;
  }
  auto* const base = reinterpret_cast<std::byte*>(wasmtime_memory_data(store, &*host.memory));
  return GuestMemory(base, wasmtime_memory_data_size(store, &*host.memory),
                     host.pages == nullptr ? nullptr : *host.pages);
}

wasm_trap_t* noMemoryTrap() {
  constexpr std::string_view kMessage =
      "the module calls WASI but exports no (unshared) memory named \"memory\"";
  return wasmtime_trap_new(kMessage.data(), kMessage.size());
}

Result<void> define(wasmtime_linker_t* linker, std::string_view module, Abi abi,
                    const Import& entry) {
  const auto type = typeOf(entry);
  void* const env =
      const_cast<Abi*>(abi == Abi::kSnapshot1 ? &kAbi1 : &kAbi0);  // Only read, by abiOf().
  if (entry.async_callback != nullptr) {
    return take(wasmtime_linker_define_async_func(linker, module.data(), module.size(),
                                                  entry.name.data(), entry.name.size(), type.get(),
                                                  entry.async_callback, env, nullptr));
  }
  return take(wasmtime_linker_define_func_unchecked(linker, module.data(), module.size(),
                                                    entry.name.data(), entry.name.size(),
                                                    type.get(), entry.callback, env, nullptr));
}

}  // namespace wagi::wasi::import
