// Reads the section `feature.wagi` of a label, which says how Wagi is to serve the parcel.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "supply/bindle/invoice.h"

namespace wagi::bindle {

inline constexpr const char* kWagiSection = "wagi";
inline constexpr std::string_view kWasmMediaType = "application/wasm";

// Whether the parcel is a file for a guest: `file = "true"`.
[[nodiscard]] bool isAsset(const Label& label);

// The path below a guest's "/" of the file `name`: without empty parts and ".". The error, to be
// put behind the file's name, says why the file would be elsewhere.
[[nodiscard]] Result<std::string> assetPath(std::string_view name);

}  // namespace wagi::bindle
