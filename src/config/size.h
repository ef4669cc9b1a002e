// Sizes as people write them.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace wagi::config {

// A count of bytes: "1048576", "64 KiB", "128MiB", "1Gi" (powers of 1024), "10MB", "512K" (powers
// of 1000). Units up to P; "B" may be left out.
[[nodiscard]] Result<std::uint64_t> parseSize(std::string_view text);

}  // namespace wagi::config
