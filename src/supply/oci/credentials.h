// What a user logged in to registries with, as Docker keeps it: config.json and its helpers.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wagi::oci {

struct Credentials {
  std::string user, password;
  std::string identity_token;  // In place of both, to be exchanged for a token.
};

// Where to look.
struct DockerConfig {
  std::string directory;  // Of config.json; empty: $DOCKER_CONFIG, or ~/.docker.
  std::chrono::milliseconds helper_max{30'000};
};

// For `registry`, HOST or HOST:PORT: a helper of its own (credHelpers), `auths`, the helper for all
// (credsStore). Nothing without a file or an entry. The error names the file or the helper.
[[nodiscard]] Result<std::optional<Credentials>> credentialsFor(std::string_view registry,
                                                                const DockerConfig& config);

}  // namespace wagi::oci
