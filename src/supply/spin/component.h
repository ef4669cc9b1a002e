// Reads a component of a spin.toml.
#pragma once

#include <optional>
#include <string>

#include "supply/spin/fields.h"
#include "supply/spin/manifest.h"

namespace wagi::spin {

enum class Version { k1, k2 };  // The version of spin.toml's format.

// nullopt means that its module isn't a file, so that it is left out, or that there is a mistake.
[[nodiscard]] std::optional<Component> readComponent(Fields& fields, const std::string& id,
                                                     Version version, Report& report);

}  // namespace wagi::spin
