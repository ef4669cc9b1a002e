// NAME=VALUE, as `-e` and the lines of an env file write it.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace wagi::config {

using EnvPair = std::pair<std::string, std::string>;

// One pair of matching quotes around the value is stripped. A missing '=', an empty name and a NUL
// are mistakes.
[[nodiscard]] Result<EnvPair> parseEnvPair(std::string_view text);

// Why `name` and `value` can't be a variable, if they can't: an empty name, '=' in a name, NUL.
[[nodiscard]] Result<void> checkVariable(std::string_view name, std::string_view value);

}  // namespace wagi::config
