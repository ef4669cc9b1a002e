// An env file: a NAME=VALUE line for each variable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/env_pair.h"

namespace wagi::config {

// Lines end with LF or CRLF. Blank lines and those that begin with '#' are skipped, `export `
// before a name is too, as are blanks around name and value. One pair of matching quotes around the
// value is stripped; nothing else in a value means anything. `file` names it in messages only; all
// mistakes are reported.
[[nodiscard]] std::expected<std::vector<EnvPair>, std::vector<Diagnostic>> parseEnvFile(
    std::string_view text, const std::string& file);

}  // namespace wagi::config
