// `wagi bindle serve`: Bindle's interface over a repository, by workers that are locked down and
// reloaded as those of `wagi serve` are.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/address.h"
#include "server/bindle_server/bindle_worker.h"

namespace wagi::bindle_server {

struct Settings {
  std::string directory;  // The repository's; made where it is missing.
  config::Endpoint endpoint;
  std::size_t workers = 1;
  std::optional<http::CertificatePaths> certificate;
  // Reads keys and passwords: at the start and at each reload, after the directory was made.
  std::function<Result<bindle::ApiSettings>()> api;
};

// Serves until it is told to stop; the error says why it couldn't begin. SIGHUP reads keys,
// passwords and the certificate anew, as does a change of the certificate's files; where one is
// bad, what served before goes on.
[[nodiscard]] Result<int> serve(const Settings& settings);

}  // namespace wagi::bindle_server
