// Matches one part of a pattern, between two slashes, with one name.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wagi::glob {

// Whether any character of `part` is a wildcard.
[[nodiscard]] bool hasWildcard(std::string_view part);

// The mistake in `part`, in words; nullopt where it is good.
[[nodiscard]] std::optional<std::string> mistakeIn(std::string_view part);

// REQUIRES: !mistakeIn(part).
[[nodiscard]] bool matchesName(std::string_view part, std::string_view name);

}  // namespace wagi::glob
