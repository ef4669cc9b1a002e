// How registries are reached, and what from them is trusted: a value, made before a process that
// fetches is forked.
#pragma once

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
  // Registries that are spoken to without encryption, as HOST:PORT or HOST, beside this machine's
  // own that speak no TLS.
  std::vector<std::string> plain_http{};
  DockerConfig docker{};
  trust::Policy policy{};
  bool offline = false;  // Nothing but the store.
};

// Of a configuration: reads the keys' files. The error names the place in the configuration.
[[nodiscard]] Result<Access> accessOf(const config::Registries& registries,
                                      const config::Trust& trust);

}  // namespace wagi::oci
