// The configuration of an image, as far as it says which of its files is the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wagi::oci {

inline constexpr std::uint64_t kImageConfigBytesMax = 4 << 20;
inline constexpr std::size_t kProgramWordsMax = 64;  // Of an Entrypoint or Cmd; more aren't read.

// The words of its Entrypoint, then those of its Cmd, as paths in the image: relative ones begin in
// its WorkingDir, and what containerd's shims take for a function, behind a '#', is left out. A
// word that can't be a path is none of them; nor is anything of what is no configuration.
[[nodiscard]] std::vector<std::string> programsIn(std::string_view config);

}  // namespace wagi::oci
