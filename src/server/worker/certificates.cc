#include "server/worker/certificates.h"

#include <utility>

namespace wagi::worker {

Result<void> Certificates::load(const Plan& plan, const http::TicketKeys* tickets) {
  for (const http::CertificatePaths& paths : plan.certificates) {
    auto certificate = http::ServerCertificate::load(paths.cert, paths.key);
    if (!certificate) return std::unexpected(std::move(certificate.error()));
    certificates_.push_back(*std::move(certificate));
  }
  for (const Site& site : plan.sites) {
    if (!site.certificate) continue;
    for (const std::string& host : site.hosts) {
      by_host_.add(host, certificates_[*site.certificate]);
    }
  }
  for (const Listener& listener : plan.listeners) {
    auto& tls = listeners_.emplace_back();
    if (!listener.tls) continue;
    auto context = http::TlsContext::create(*listener.tls, certificates_[listener.certificate],
                                            &by_host_, tickets);
    if (!context) return std::unexpected(std::move(context.error()));
    tls = *std::move(context);
  }
  return {};
}

}  // namespace wagi::worker
