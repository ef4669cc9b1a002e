// Our WASI preview 1 host: defines the functions that guests import.
//
// A store whose modules import them has the instance's wasi::Context as its data
// (wasmtime_store_new), and is called asynchronously: fd_read, poll_oneoff and sched_yield suspend
// the guest where they must wait, and Context::takeSuspension() then says for what. A module must
// export its memory as "memory"; without it the first call traps. Code that comes from a guest's
// mistake is an errno in the guest, never a crash, and nothing here throws.
#pragma once

#include <string_view>

#include "base/result.h"

struct wasmtime_linker;

namespace wagi::wasi {

// Adds all functions of wasi_snapshot_preview1 and of its predecessor wasi_unstable. Fails where
// the linker has one of them already.
[[nodiscard]] Result<void> define(wasmtime_linker* linker);

// Whether define() adds the function `name` of `module`, so that imports can be checked beforehand.
[[nodiscard]] bool provides(std::string_view module, std::string_view name);

}  // namespace wagi::wasi
