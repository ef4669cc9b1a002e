// What registries answer: statuses, and errors in words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/fetch/client.h"
#include "supply/oci/registry.h"

namespace wagi::oci {

inline constexpr int kOk = 200, kCreated = 201, kAccepted = 202, kUnauthorized = 401;

// Of an answer whose status says that there is none: with the first error of its body (OCI
// distribution specification, "Error Codes").
[[nodiscard]] Trouble refusalIn(const fetch::Response& response, const fetch::Request& request);

[[nodiscard]] std::optional<std::uint64_t> fileSize(const std::string& path);
void discard(const std::string& path);

}  // namespace wagi::oci
