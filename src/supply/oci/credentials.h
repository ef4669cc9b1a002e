// Finds a user's credentials for a registry where Docker keeps them: in config.json, and in its
// credential helpers.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wagi::oci {

struct Credentials {
  std::string user, password;
  std::string identity_token;  // Where set, it is exchanged for a token in place of both.
};

// Where config.json is, and how long a helper may take.
struct DockerConfig {
  std::string directory;  // Empty: $DOCKER_CONFIG, or ~/.docker.
  std::chrono::milliseconds helper_max{30'000};
};

// Asks the helper of `registry` (credHelpers), else looks in `auths`, else asks the helper for all
// (credsStore). `registry` is HOST or HOST:PORT. nullopt means that there is no file or no entry.
// The error names the file or the helper.
[[nodiscard]] Result<std::optional<Credentials>> credentialsFor(std::string_view registry,
                                                                const DockerConfig& config);

}  // namespace wagi::oci
