// Tells whether a transfer has stalled, since a peer that sends nothing, or a byte now and then,
// could hold its client for ever.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace wagi::fetch {

class StallWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // Fewer bytes in `silence_max` count as silence.
  static constexpr std::uint64_t kBytesInSilenceMin = 1 << 10;

  StallWatch(std::chrono::milliseconds silence_max, Time now)
      : silence_max_(silence_max), last_byte_(now), window_(now) {}

  // Returns why the transfer must end, if it must. `bytes` counts all bytes so far, both ways.
  [[nodiscard]] std::optional<std::string> check(std::uint64_t bytes, Time now);

 private:
  const std::chrono::milliseconds silence_max_;
  Time last_byte_;
  Time window_;  // When the current window began, at `window_bytes_`.
  std::uint64_t bytes_ = 0;
  std::uint64_t window_bytes_ = 0;
};

}  // namespace wagi::fetch
