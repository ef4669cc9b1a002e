// A component of a spin.toml.
#pragma once

#include <optional>
#include <string>

#include "supply/spin/fields.h"
#include "supply/spin/manifest.h"

namespace wagi::spin {

enum class Version { k1, k2 };  // Of the format.

// Nothing, where its module isn't a file (which is then left out) or something is a mistake.
[[nodiscard]] std::optional<Component> readComponent(Fields& fields, const std::string& id,
                                                     Version version, Report& report);

}  // namespace wagi::spin
