// The schemes of URLs that lead to an HTTP server (RFC 9110 4.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/text.h"

namespace wagi {

enum class Scheme : std::uint8_t { kHttp, kHttps };

[[nodiscard]] constexpr std::string_view textOf(Scheme scheme) {
  return scheme == Scheme::kHttp ? "http" : "https";
}
[[nodiscard]] constexpr std::uint16_t defaultPort(Scheme scheme) {
  return scheme == Scheme::kHttp ? 80 : 443;
}

// Takes "http://" or "https://" away from the front of `text`; nullopt where neither is there.
[[nodiscard]] constexpr std::optional<Scheme> takeScheme(std::string_view& text) {
  for (const Scheme scheme : {Scheme::kHttp, Scheme::kHttps}) {
    constexpr std::string_view kEnd = "://";
    const std::size_t size = textOf(scheme).size();
    if (!startsWithIgnoringCase(text, textOf(scheme)) || !text.substr(size).starts_with(kEnd)) {
      continue;
    }
    text.remove_prefix(size + kEnd.size());
    return scheme;
  }
  return std::nullopt;
}

}  // namespace wagi
