// Checks the `argv` template of a module, which guest/gateway/arguments.h expands.
#pragma once

#include <string_view>

#include "base/result.h"

namespace wagi::gateway {

inline constexpr std::string_view kScriptNameVariable = "${SCRIPT_NAME}";  // The request's path.
inline constexpr std::string_view kArgsVariable = "${ARGS}";  // The query, each '&' as a space.

// Fails where a `${...}` is neither of these variables or doesn't end, and where there is a NUL.
[[nodiscard]] Result<void> checkArgv(std::string_view text);

}  // namespace wagi::gateway
