// The target of a request line (RFC 9112 3.2).
#pragma once

#include <optional>
#include <string_view>

namespace wagi::http {

struct Target {
  std::string_view path;       // Begins with '/', or is "*".
  std::string_view query;      // Without '?'.
  std::string_view authority;  // Of an absolute target, else empty.
};

// nullopt: not a target of `method`. Views point into `text`, or at literals.
// REQUIRES: no white space and no control byte in `text`.
[[nodiscard]] std::optional<Target> parseTarget(std::string_view method, std::string_view text);

// Whether `text` can be the value of a Host field: host [":" port], or nothing (RFC 9110 7.2).
[[nodiscard]] bool isHost(std::string_view text);

}  // namespace wagi::http
