// A small program that is asked something and answers: written to, read from, and ended when late.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace wagi::oci {

struct HelperAnswer {
  int exit_code = 0;  // 128 and the signal that ended it.
  std::string output;
};

inline constexpr std::size_t kHelperBytesMax = 64 << 10;  // Of its input, and of its output.

// Runs `command`, found on PATH, with `input` on its stdin. Its stderr is ours.
[[nodiscard]] Result<HelperAnswer> runHelper(std::vector<std::string> command,
                                             std::string_view input,
                                             std::chrono::milliseconds wall_max);

}  // namespace wagi::oci
