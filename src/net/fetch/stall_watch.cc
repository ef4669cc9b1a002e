#include "net/fetch/stall_watch.h"

#include <fmt/format.h>

namespace wagi::fetch {

std::optional<std::string> StallWatch::check(std::uint64_t bytes, Time now) {
  if (bytes != bytes_) last_byte_ = now;
  bytes_ = bytes;
  const double seconds = std::chrono::duration<double>(silence_max_).count();
  if (now - last_byte_ > silence_max_) return fmt::format("it was silent for {} s", seconds);
  if (now - window_ <= silence_max_) return std::nullopt;
  if (bytes - window_bytes_ < kBytesInSilenceMin) {
    return fmt::format("it sent no more than {} bytes in {} s", bytes - window_bytes_, seconds);
  }
  window_ = now;
  window_bytes_ = bytes;
  return std::nullopt;
}

}  // namespace wagi::fetch
