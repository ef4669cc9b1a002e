// The text that is signed for an artifact: cosign's "simple signing" payload, which names the
// artifact's digest.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace wagi::trust {

inline constexpr std::size_t kPayloadBytesMax = 64 << 10;

// Writes the payload; `name` is "registry/repository", `digest` "sha256:HEX".
[[nodiscard]] std::string makePayload(std::string_view name, std::string_view digest);

// Fails unless the payload is about `digest`; the error says what it is about instead.
[[nodiscard]] Result<void> checkPayload(std::string_view payload, std::string_view digest);

}  // namespace wagi::trust
