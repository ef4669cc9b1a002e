// Where this folder gets the time from.
#pragma once

#include <chrono>
#include <functional>

namespace wagi::runner {

// The system's clocks, unless a test has its own.
struct Clocks {
  std::function<std::chrono::steady_clock::time_point()> steady = std::chrono::steady_clock::now;
  std::function<std::chrono::system_clock::time_point()> system = std::chrono::system_clock::now;
};

}  // namespace wagi::runner
