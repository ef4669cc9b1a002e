// Makes the callbacks that Wasmtime calls from the functions of functions.h, by their signatures.
//
// A function that never waits becomes an unchecked callback (0.1 us a call). One that may wait
// becomes an asynchronous callback (0.3 us), which is attempted at once and, while it must wait,
// each time its guest is resumed.
#pragma once

#include <wasmtime.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "base/result.h"
#include "guest/wasi/functions.h"

namespace wagi::wasi {

// A host function in the table. Exactly one of the callbacks is set.
struct Import {
  std::string_view name;
  std::span<const wasm_valkind_t> parameters;
  bool has_result = true;  // The result is an i32, the error.
  wasmtime_func_unchecked_callback_t callback = nullptr;
  wasmtime_func_async_callback_t async_callback = nullptr;
};

namespace import {

// The instance's memory as it is now; nullopt where it exports none. `caller` may be null once a
// call of the instance has found the memory.
[[nodiscard]] std::optional<GuestMemory> memoryOf(HostState& host, wasmtime_context_t* store,
                                                  wasmtime_caller_t* caller);
[[nodiscard]] wasm_trap_t* noMemoryTrap();
// The result of a call in a module without a memory. nullopt means that the call traps.
template <class R>
constexpr std::optional<R> kWithoutMemory{};
template <>
inline constexpr std::optional<HttpError> kWithoutMemory<HttpError>{HttpError::kNoMemory};

// Adds a function to a linker.
[[nodiscard]] Result<void> define(wasmtime_linker_t* linker, std::string_view module, Abi abi,
                                  const Import& entry);

[[nodiscard]] inline Context& contextOf(wasmtime_context_t* store) {
  return *static_cast<Context*>(wasmtime_context_get_data(store));
}
[[nodiscard]] inline Abi abiOf(const void* env) { return *static_cast<const Abi*>(env); }

template <class T>
constexpr wasm_valkind_t kKind = sizeof(T) == sizeof(U64) ? WASM_I64 : WASM_I32;
template <class... A>
constexpr std::array<wasm_valkind_t, sizeof...(A)> kKinds{kKind<A>...};

template <class T>
T parameter(const wasmtime_val_raw_t& value) {
  if constexpr (sizeof(T) == sizeof(U64)) return static_cast<T>(value.i64);
  if constexpr (sizeof(T) == sizeof(U32)) return static_cast<T>(value.i32);
}
template <class T>
T parameter(const wasmtime_val_t& value) {
  if constexpr (sizeof(T) == sizeof(U64)) return static_cast<T>(value.of.i64);
  if constexpr (sizeof(T) == sizeof(U32)) return static_cast<T>(value.of.i32);
}
template <class... A, class Value>
std::tuple<A...> parameters(const Value* values) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return std::tuple<A...>{parameter<A>(values[I])...};
  }(std::index_sequence_for<A...>{});
}

// ---- Functions that never wait.

template <auto kFunction, class R, class... A>
wasm_trap_t* callback(void* env, wasmtime_caller_t* caller, wasmtime_val_raw_t* values,
                      std::size_t) {
  wasmtime_context_t* const store = wasmtime_caller_context(caller);
  HostState& host = HostState::of(contextOf(store));
  const auto memory = memoryOf(host, store, caller);
  if (!memory) {
    if (!kWithoutMemory<R>) return noMemoryTrap();
    values[0].i32 = static_cast<std::int32_t>(*kWithoutMemory<R>);
    return nullptr;
  }
  Call call{.host = host, .memory = *memory, .abi = abiOf(env)};
  const R result = std::apply([&](A... arguments) { return kFunction(call, arguments...); },
                              parameters<A...>(values));
  values[0].i32 = static_cast<std::int32_t>(result);
  return nullptr;
}

// ---- Functions that may wait.

template <class R>
void give(wasmtime_val_t* results, R result) {
  results[0].kind = WASMTIME_I32;
  results[0].of.i32 = static_cast<std::int32_t>(result);
}

// A call that waits. Wasmtime keeps `results` and the store until the call is over or dropped. A
// dropped call is only freed, since its context may be gone.
template <auto kFunction, class... A>
struct Pending {
  Context& context;
  wasmtime_context_t* store;
  wasmtime_val_t* results;
  Abi abi;
  std::tuple<A...> arguments;
  Progress progress;
  bool suspended = false;

  // Attempts the call; true when it is over.
  bool attempt(const GuestMemory& memory) {
    Call call{.host = HostState::of(context), .memory = memory, .abi = abi, .progress = &progress};
    const auto result =
        std::apply([&](A... values) { return kFunction(call, values...); }, arguments);
    progress.resumed = true;
    if (!result) {
      HostState::suspension(context) = result.error();
      return false;
    }
    HostState::suspension(context).reset();
    give(results, *result);
    return true;
  }

  static bool resume(void* self) {
    auto& pending = *static_cast<Pending*>(self);
    // Wasmtime asks once before it suspends the guest, just after the first attempt.
    if (!std::exchange(pending.suspended, true)) return false;
    // Never null: the first attempt has found the memory, which stays.
    return pending.attempt(*memoryOf(HostState::of(pending.context), pending.store, nullptr));
  }
  static void drop(void* self) { delete static_cast<Pending*>(self); }
};

template <auto kFunction, class R, class... A>
void asyncCallback(void* env, wasmtime_caller_t* caller, const wasmtime_val_t* values, std::size_t,
                   wasmtime_val_t* results, std::size_t, wasm_trap_t** trap,
                   wasmtime_async_continuation_t* continuation) {
  using This = Pending<kFunction, A...>;
  continuation->callback = [](void*) { return true; };
  continuation->env = nullptr;
  continuation->finalizer = nullptr;
  wasmtime_context_t* const store = wasmtime_caller_context(caller);
  Context& context = contextOf(store);
  const auto memory = memoryOf(HostState::of(context), store, caller);
  if (!memory) {
    if (kWithoutMemory<R>) {
      give(results, *kWithoutMemory<R>);
    } else {
      *trap = noMemoryTrap();
    }
    return;
  }
  This pending{context, store, results, abiOf(env), parameters<A...>(values), {}};
  if (pending.attempt(*memory)) return;
  continuation->callback = This::resume;
  continuation->env = std::make_unique<This>(std::move(pending)).release();
  continuation->finalizer = This::drop;
}

// ---- The table's row for a function, by its signature.

template <auto kFunction, class R, class... A>
constexpr Import row(std::string_view name, R (*)(Call&, A...)) {
  return {.name = name, .parameters = kKinds<A...>, .callback = callback<kFunction, R, A...>};
}
template <auto kFunction, class R, class... A>
constexpr Import row(std::string_view name, std::expected<R, Suspension> (*)(Call&, A...)) {
  return {.name = name,
          .parameters = kKinds<A...>,
          .async_callback = asyncCallback<kFunction, R, A...>};
}

}  // namespace import

template <auto kFunction>
constexpr Import importOf(std::string_view name) {
  return import::row<kFunction>(name, kFunction);
}

}  // namespace wagi::wasi
