// The table of what a plan serves, as text for a person.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "server/supervisor/listeners.h"
#include "server/worker/plan.h"

namespace wagi::supervisor {

enum class Detail {
  kShort,  // Route and module: what a server prints when it starts.
  kFull,   // Entry point and limits too.
};

// A line a route in the order in which they are tried, the built-in one first, in aligned columns;
// beneath the hosts of their site where there are several sites. The short one ends after
// kShortRowsMax.
inline constexpr std::size_t kShortRowsMax = 1'000;
[[nodiscard]] std::string tableOf(const worker::Plan& plan, Detail detail);

// A line a listener, and a line a certificate with the hosts that it is for and its end. Empty
// where the plan has one listener, without TLS.
[[nodiscard]] std::string listenersTable(const worker::Plan& plan,
                                         const std::vector<DescribedCertificate>& certificates,
                                         std::chrono::system_clock::time_point now);

// "128 MiB", "1500 B"; "no limit" for 0.
[[nodiscard]] std::string sizeText(std::uint64_t bytes);
// "10 s", "1500 ms"; "no limit" for 0.
[[nodiscard]] std::string timeText(std::uint64_t milliseconds);

}  // namespace wagi::supervisor
