// The import module wasi_experimental_http, by which a guest makes HTTP requests through the
// HttpClient of its Invocation. Names, parameters and error codes are those that Wagi's guests were
// built for.
//
// All parameters are i32. A guest's mistake, and every failure of a request, is an error code in
// the guest. req and body_read may wait: an AnswerWait.
#pragma once

#include <string_view>

#include "base/result.h"

struct wasmtime_linker;

namespace wagi::wasi {

inline constexpr std::string_view kExperimentalHttp = "wasi_experimental_http";

// Adds the module's functions to a linker.
[[nodiscard]] Result<void> defineExperimentalHttp(wasmtime_linker* linker);

}  // namespace wagi::wasi
