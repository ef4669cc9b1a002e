// The listening sockets, certificates and hosts that a configuration asks for, checked.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "net/http/certificate.h"
#include "net/http/tls.h"
#include "server/supervisor/files.h"
#include "server/worker/plan.h"

namespace wagi::supervisor {

struct DescribedListener {
  config::Endpoint address = {};           // As it was asked for.
  std::optional<std::uint32_t> mode = {};  // For a Unix socket's file.
  std::optional<http::TlsSettings> tls = {};
  std::size_t certificate = 0;  // Index of the one for hosts that have none. REQUIRES: with `tls`.
};

// A certificate that was read and found good.
struct DescribedCertificate {
  http::CertificatePaths paths;
  std::vector<std::string> names;  // The hosts that it is for.
  std::chrono::system_clock::time_point expires;
};

// As worker::Site has it, before there are routes.
struct DescribedSite {
  std::vector<std::string> hosts = {};
  std::optional<std::size_t> certificate = {};
};

struct Listeners {
  std::vector<DescribedListener> listeners;
  std::vector<DescribedCertificate> certificates;
  std::vector<DescribedSite> sites;
  std::vector<std::string> files;  // Certificates, keys, authorities: whose change is a new plan.
  Diagnostics warnings;
};

// The listeners of `config`, of whose [server] and the flags together `server` is made. With
// `is_listen_flag` the [[listen]]s give way to `server.listen`, which a flag has set. `now` is when
// certificates have to be valid. Mistakes are added to `mistakes`.
[[nodiscard]] Listeners describeListeners(const config::ServerSettings& server,
                                          const config::Config& config, bool is_listen_flag,
                                          std::chrono::system_clock::time_point now,
                                          Diagnostics& mistakes);

}  // namespace wagi::supervisor
