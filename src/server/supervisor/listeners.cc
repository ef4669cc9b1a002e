#include "server/supervisor/listeners.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "net/http/certificate.h"

namespace wagi::supervisor {
namespace {

constexpr auto kDefaultListen = "127.0.0.1:3000";

http::TlsSettings::VerifyClient verifyOf(config::VerifyClient verify) {
  switch (verify) {
    case config::VerifyClient::kNo:
      return http::TlsSettings::VerifyClient::kNo;
    case config::VerifyClient::kOptional:
      return http::TlsSettings::VerifyClient::kOptional;
    case config::VerifyClient::kRequired:
      return http::TlsSettings::VerifyClient::kRequired;
  }
  std::unreachable();
}

class Describer {
 public:
  Describer(const config::ServerSettings& server, const config::Config& config, bool is_listen_flag,
            std::chrono::system_clock::time_point now, Diagnostics& mistakes)
      : server_(server),
        config_(config),
        is_listen_flag_(is_listen_flag),
        now_(now),
        mistakes_(mistakes) {}

  Listeners run() {
    describeDefaultCertificate();
    describeSites();
    if (config_.listens.empty() || is_listen_flag_) {
      describeOne();
    } else {
      for (const config::Listen& listen : config_.listens) describe(listen);
      warnOfUnusedCertificates();
    }
    warnOfUncoveredHosts();
    described_.files.assign(files_.begin(), files_.end());
    return std::move(described_);
  }

 private:
  void mistake(const config::Place& place, std::string message) {
    mistakes_.push_back({place, std::move(message)});
  }
  void describeDefaultCertificate();
  void describeSites();
  void describeOne();
  void describe(const config::Listen& listen);
  void checkTls(const config::Place& place, const DescribedListener& listener);
  void warnOfUnusedCertificates();
  void warnOfUncoveredHosts();
  // The index of a certificate, read once for all who name it; none where it is a mistake.
  [[nodiscard]] std::optional<std::size_t> add(const config::Certificate& certificate);
  // The certificate of [server] or the flags, else the first site's.
  [[nodiscard]] std::optional<std::size_t> fallback() const;

  const config::ServerSettings& server_;
  const config::Config& config_;
  const bool is_listen_flag_;
  const std::chrono::system_clock::time_point now_;
  Diagnostics& mistakes_;
  Listeners described_;
  std::deque<http::ServerCertificate> certificates_;  // By the index of described_.certificates.
  std::map<std::pair<std::string, std::string>, std::optional<std::size_t>> index_;
  std::optional<std::size_t> default_certificate_;
  std::set<std::string> files_;
};

std::optional<std::size_t> Describer::add(const config::Certificate& certificate) {
  const auto [known, is_new] = index_.try_emplace({certificate.cert, certificate.key});
  if (!is_new) return known->second;
  files_.insert({certificate.cert, certificate.key});
  auto loaded = http::ServerCertificate::load(certificate.cert, certificate.key);
  if (!loaded) {
    mistake(certificate.place, "TLS: " + loaded.error().message);
    return std::nullopt;
  }
  for (const std::string& warning : loaded->warnings(now_)) {
    described_.warnings.push_back({certificate.place, "TLS: " + warning});
  }
  known->second = certificates_.size();
  described_.certificates.push_back(
      {{certificate.cert, certificate.key}, loaded->names(), loaded->expires()});
  certificates_.push_back(*std::move(loaded));
  return known->second;
}

void Describer::describeDefaultCertificate() {
  if (!server_.tls_cert && !server_.tls_key) return;
  if (!server_.tls_cert) return mistake({}, "tls_key needs tls_cert, the certificate of the key");
  if (!server_.tls_key) return mistake({}, "tls_cert needs tls_key, the key of the certificate");
  default_certificate_ = add({*server_.tls_cert, *server_.tls_key, {}});
}

void Describer::describeSites() {
  for (const config::Site& site : config_.sites) {
    DescribedSite& described = described_.sites.emplace_back(site.hosts);
    if (!site.certificate) continue;
    described.certificate = add(*site.certificate);
    if (!described.certificate) continue;
    const http::ServerCertificate& certificate = certificates_[*described.certificate];
    for (const std::string& host : site.hosts) {
      if (certificate.covers(host)) continue;
      mistake(site.certificate->place,
              fmt::format("TLS: the certificate of {} isn't for {}, but for {}",
                          site.certificate->cert, host, fmt::join(certificate.names(), ", ")));
    }
  }
}

std::optional<std::size_t> Describer::fallback() const {
  if (default_certificate_) return default_certificate_;
  for (const DescribedSite& site : described_.sites) {
    if (site.certificate) return site.certificate;
  }
  return std::nullopt;
}

// Without a [[listen]] there is one listener, with TLS where there is a certificate.
void Describer::describeOne() {
  auto address = config::parseEndpoint(server_.listen.value_or(kDefaultListen));
  if (!address) return mistake({}, "listen: " + address.error().message);
  DescribedListener& listener = described_.listeners.emplace_back(*std::move(address));
  if (const auto certificate = fallback()) {
    listener.tls.emplace();
    listener.certificate = *certificate;
  }
}

void Describer::describe(const config::Listen& listen) {
  DescribedListener& listener = described_.listeners.emplace_back(listen.address, listen.mode);
  if (!listen.tls) return;
  listener.tls = http::TlsSettings{.tls_1_3_only = listen.tls_1_3_only,
                                   .verify_client = verifyOf(listen.verify_client),
                                   .client_ca = listen.client_ca.value_or("")};
  if (listen.client_ca) files_.insert(*listen.client_ca);
  const bool is_own = listen.certificate.has_value();
  const auto certificate = is_own ? add(*listen.certificate) : fallback();
  if (certificate) {
    listener.certificate = *certificate;
    return checkTls(listen.place, listener);
  }
  // One that is named and no good was told of.
  if (is_own || !mistakes_.empty()) return;
  mistake(listen.place, fmt::format("{} has `tls = true` and no certificate: write `tls_cert` and "
                                    "`tls_key` there, in [server] or in a [[site]]",
                                    listen.address.text()));
}

void Describer::checkTls(const config::Place& place, const DescribedListener& listener) {
  const auto context = http::TlsContext::create(*listener.tls, certificates_[listener.certificate]);
  if (!context) mistake(place, "TLS: " + context.error().message);
}

void Describer::warnOfUnusedCertificates() {
  if (std::ranges::any_of(described_.listeners,
                          [](const DescribedListener& each) { return each.tls.has_value(); })) {
    return;
  }
  for (const config::Site& site : config_.sites) {
    if (!site.certificate) continue;
    described_.warnings.push_back(
        {site.certificate->place, "`tls_cert` has no effect: no [[listen]] has `tls = true`"});
  }
}

// A client that asks for such a host refuses the certificate that it gets.
void Describer::warnOfUncoveredHosts() {
  std::set<std::size_t> fallbacks;
  for (const DescribedListener& listener : described_.listeners) {
    if (listener.tls && listener.certificate < certificates_.size()) {
      fallbacks.insert(listener.certificate);
    }
  }
  for (const std::size_t index : fallbacks) {
    std::string first;
    std::size_t others = 0;
    config::Place place;
    for (std::size_t i = 0; i < config_.sites.size(); ++i) {
      if (described_.sites[i].certificate) continue;
      for (const std::string& host : config_.sites[i].hosts) {
        if (certificates_[index].covers(host)) continue;
        if (!first.empty()) {
          ++others;
          continue;
        }
        first = host;
        place = config_.sites[i].place;
      }
    }
    if (first.empty()) continue;
    described_.warnings.push_back(
        {place, fmt::format("TLS: clients of {}{} get the certificate of {}, which is for {}",
                            first, others > 0 ? fmt::format(" and {} other hosts", others) : "",
                            described_.certificates[index].paths.cert,
                            fmt::join(described_.certificates[index].names, ", "))});
  }
}

}  // namespace

Listeners describeListeners(const config::ServerSettings& server, const config::Config& config,
                            bool is_listen_flag, std::chrono::system_clock::time_point now,
                            Diagnostics& mistakes) {
  return Describer(server, config, is_listen_flag, now, mistakes).run();
}

}  // namespace wagi::supervisor
