// The certificates of a plan, loaded, and the TLS of each of its listeners.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "base/result.h"
#include "net/http/certificate.h"
#include "net/http/ticket_keys.h"
#include "net/http/tls.h"
#include "server/worker/plan.h"

namespace wagi::worker {

// Belongs to one worker and outlives its connections. Neither copied nor moved: OpenSSL keeps
// addresses of it.
class Certificates {
 public:
  Certificates() = default;
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  // Called once. Borrows `tickets`, which may be null. Files are read now: a worker that is locked
  // down can't any more.
  [[nodiscard]] Result<void> load(const Plan& plan, const http::TicketKeys* tickets);

  // Null where the listener of this index has no TLS.
  [[nodiscard]] const http::TlsContext* of(std::size_t listener) const {
    const auto& tls = listeners_[listener];
    return tls ? &*tls : nullptr;
  }

 private:
  std::deque<http::ServerCertificate> certificates_;  // In the plan's order.
  http::CertificateTable by_host_;
  std::vector<std::optional<http::TlsContext>> listeners_;
};

}  // namespace wagi::worker
