// `feature.wagi`: what a label says to Wagi.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "bindle/invoice.h"

namespace wagi::bindle {

inline constexpr const char* kWagiSection = "wagi";
inline constexpr std::string_view kWasmMediaType = "application/wasm";

// Whether it is a file for a guest: `file = "true"`.
[[nodiscard]] bool isAsset(const Label& label);

// What is wrong with the name of such a file, to be put behind the file's name: it must stay within
// the guest's "/".
[[nodiscard]] Result<void> checkAssetPath(std::string_view path);

}  // namespace wagi::bindle
