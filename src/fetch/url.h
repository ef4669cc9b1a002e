// URLs, as far as it matters where credentials go.
#pragma once

#include <string>

#include "base/result.h"

namespace wagi::fetch {

// The parts of a URL that decide where credentials may go.
struct Origin {
  std::string scheme, host, port;  // The port is never empty.
  bool operator==(const Origin&) const = default;
  [[nodiscard]] bool isLoopback() const;
};
[[nodiscard]] Result<Origin> originOf(const std::string& url);

}  // namespace wagi::fetch
