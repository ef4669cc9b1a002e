// What is signed of an artifact: cosign's "simple signing" payload, which names its digest.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace wagi::trust {

inline constexpr std::size_t kPayloadBytesMax = 64 << 10;

// `name` is "registry/repository", `digest` "sha256:HEX".
[[nodiscard]] std::string makePayload(std::string_view name, std::string_view digest);

// Whether the payload is about `digest`; the error says what it is about instead.
[[nodiscard]] Result<void> checkPayload(std::string_view payload, std::string_view digest);

}  // namespace wagi::trust
