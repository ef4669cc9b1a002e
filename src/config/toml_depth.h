// How deep a TOML file nests, found before it is parsed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wagi::config {

// The line of the first key with more than `parts_max` parts (a.b.c has three), 0 if there is none.
// The TOML library bounds how deep values nest but not tables made by such keys, and it takes
// tables apart recursively: a file of dots would end the process.
[[nodiscard]] std::uint32_t lineOfDeepKey(std::string_view text, std::size_t parts_max);

}  // namespace wagi::config
