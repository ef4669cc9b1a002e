// The target of a request line (RFC 9112 3.2).
#pragma once

#include <optional>
#include <string_view>

#include "base/authority.h"

namespace wagi::http {

struct Target {
  std::string_view path;                  // Begins with '/', or is "*"; empty for CONNECT.
  std::optional<std::string_view> query;  // Without '?'; absent where there is none.
  std::optional<Authority> authority;     // Only in an absolute target, or CONNECT's; has a host.
};

// nullopt: not a target of `method`. Views point into `text`, or at literals.
// REQUIRES: no white space and no control byte in `text`.
[[nodiscard]] std::optional<Target> parseTarget(std::string_view method, std::string_view text);

}  // namespace wagi::http
