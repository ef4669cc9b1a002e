// Reads from an image's configuration which of its files is the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wagi::oci {

inline constexpr std::uint64_t kImageConfigBytesMax = 4 << 20;
inline constexpr std::size_t kProgramWordsMax = 64;  // Further words aren't looked at.

// The words of its Entrypoint, then those of its Cmd, as paths in the image. Relative ones begin in
// its WorkingDir; a '#' and what follows it, which containerd's shims take for a function, is cut
// off. Words that can't be paths are left out. Empty where `config` isn't an image's configuration.
[[nodiscard]] std::vector<std::string> programsIn(std::string_view config);

}  // namespace wagi::oci
