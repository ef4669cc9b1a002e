// Helpers for a registry's answers: statuses, errors in words, and files of downloads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/fetch/client.h"
#include "supply/oci/registry.h"

namespace wagi::oci {

inline constexpr int kOk = 200, kCreated = 201, kAccepted = 202, kUnauthorized = 401;

// Describes an answer that refuses the request, with the first error in its body (OCI distribution
// specification, "Error Codes").
[[nodiscard]] RegistryError refusalIn(const fetch::Response& response,
                                      const fetch::Request& request);

[[nodiscard]] std::optional<std::uint64_t> fileSize(const std::string& path);
// Removes a file; that it isn't there is no error.
void discard(const std::string& path);

}  // namespace wagi::oci
