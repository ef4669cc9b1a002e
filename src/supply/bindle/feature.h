// `feature.wagi`: what a label says to Wagi.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "supply/bindle/invoice.h"

namespace wagi::bindle {

inline constexpr const char* kWagiSection = "wagi";
inline constexpr std::string_view kWasmMediaType = "application/wasm";

// Whether it is a file for a guest: `file = "true"`.
[[nodiscard]] bool isAsset(const Label& label);

// Where a guest finds such a file below its "/": the name without empty parts and ".". The error,
// to be put behind the file's name, says why it wouldn't stay there.
[[nodiscard]] Result<std::string> assetPath(std::string_view name);

}  // namespace wagi::bindle
