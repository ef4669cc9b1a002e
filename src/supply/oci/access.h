// The settings with which registries are reached, and the policy on what is trusted from them. A
// value, made before the process that fetches is forked.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "net/fetch/client.h"
#include "supply/oci/credentials.h"
#include "supply/oci/reference.h"
#include "supply/trust/policy.h"

namespace wagi::oci {

struct Access {
  fetch::Client::Settings client{};
  // Registries that are reached without encryption, as HOST:PORT or HOST. Those of this machine
  // need no entry: they are asked whether they speak TLS.
  std::vector<std::string> plain_http{};
  DockerConfig docker{};
  // Asked for logins in place of a look at `docker`, by a process that may not take one.
  std::function<Result<std::optional<Credentials>>(std::string_view registry)> credentials{};
  trust::Policy policy{};
  bool offline = false;  // Nothing is fetched; what the store has is used.
};

// Makes the settings from a configuration, whose key files it reads. The error names the place in
// the configuration.
[[nodiscard]] Result<Access> accessOf(const config::Registries& registries,
                                      const config::Trust& trust);

}  // namespace wagi::oci
