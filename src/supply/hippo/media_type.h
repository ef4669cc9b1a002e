// Guesses a file's media type from the end of its name.
#pragma once

#include <string_view>

namespace wagi::hippo {

// "text/html" for "a/index.html"; "application/octet-stream" for an unknown end.
[[nodiscard]] std::string_view mediaTypeOf(std::string_view name);

}  // namespace wagi::hippo
