// Runs a credential helper: a program that reads a question, prints an answer, and is killed when
// it is late.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace wagi::oci {

struct HelperAnswer {
  int exit_code = 0;  // 128 + the signal where one ended it.
  std::string output;
};

inline constexpr std::size_t kHelperBytesMax = 64 << 10;  // For its input, and for its output.

// Runs `command`, found on PATH, with `input` on its stdin; it inherits this process's stderr.
[[nodiscard]] Result<HelperAnswer> runHelper(std::vector<std::string> command,
                                             std::string_view input,
                                             std::chrono::milliseconds wall_max);

}  // namespace wagi::oci
