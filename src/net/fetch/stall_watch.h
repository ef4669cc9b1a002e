// Whether a transfer still moves: a peer that sends nothing, or a drop now and then, would hold its
// client for ever.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace wagi::fetch {

class StallWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // Fewer bytes in `silence_max` are as good as silence.
  static constexpr std::uint64_t kBytesInSilenceMin = 1 << 10;

  StallWatch(std::chrono::milliseconds silence_max, Time now)
      : silence_max_(silence_max), last_byte_(now), window_(now) {}

  // `bytes` is all that came and went so far. Says why the transfer must end, if it must.
  [[nodiscard]] std::optional<std::string> check(std::uint64_t bytes, Time now);

 private:
  const std::chrono::milliseconds silence_max_;
  Time last_byte_;
  Time window_;  // Began then, with `window_bytes_`.
  std::uint64_t bytes_ = 0;
  std::uint64_t window_bytes_ = 0;
};

}  // namespace wagi::fetch
