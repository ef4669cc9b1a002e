// What a plan serves, as text for a person.
#pragma once

#include <cstdint>
#include <string>

#include "server/supervisor/planner.h"

namespace wagi::supervisor {

enum class Detail {
  kShort,  // Route and module: what a server prints when it starts.
  kFull,   // Entry point and limits too.
};

// A line a route in the order in which they are tried, the built-in one first, in aligned columns.
[[nodiscard]] std::string tableOf(const worker::Plan& plan, Detail detail);

// "128 MiB", "1500 B"; "no limit" for 0.
[[nodiscard]] std::string sizeText(std::uint64_t bytes);
// "10 s", "1500 ms"; "no limit" for 0.
[[nodiscard]] std::string timeText(std::uint64_t milliseconds);

}  // namespace wagi::supervisor
