// A fast checksum that finds damage to a file; no protection against who may write it.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace wagi::artifact {

using Checksum = std::array<char, 16>;

[[nodiscard]] Checksum checksum(std::string_view bytes);

}  // namespace wagi::artifact
