// What a file is said to be, by the end of its name.
#pragma once

#include <string_view>

namespace wagi::hippo {

// "text/html" for "a/index.html"; "application/octet-stream" for an end that isn't known.
[[nodiscard]] std::string_view mediaTypeOf(std::string_view name);

}  // namespace wagi::hippo
