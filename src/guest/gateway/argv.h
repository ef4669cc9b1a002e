// The variables of an `argv` template; guest/gateway/arguments.h expands it.
#pragma once

#include <string_view>

#include "base/result.h"

namespace wagi::gateway {

inline constexpr std::string_view kScriptNameVariable = "${SCRIPT_NAME}";  // The request's path.
inline constexpr std::string_view kArgsVariable = "${ARGS}";  // Its query, '&' made a space.

// Fails for a `${...}` that is neither of the above or doesn't end, and for NUL.
[[nodiscard]] Result<void> checkArgv(std::string_view text);

}  // namespace wagi::gateway
