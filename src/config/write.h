// [[module]] tables as TOML text.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace wagi::config {

// Text that parse() reads back to the same values, but for their places: what is the default, and
// limits that equal those of `defaults` ([server] where it is read), are left out. Of variables
// with one name the last is written. Fails for a value that no TOML file can hold: one with NUL,
// or that isn't UTF-8. What else makes a module wrong is found where it is read.
[[nodiscard]] Result<std::string> write(const std::vector<Module>& modules,
                                        const Limits& defaults = {});

}  // namespace wagi::config
