// A server's certificate with its key, as two PEM files have them.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "routing/hosts.h"

struct ssl_ctx_st;
struct x509_st;

namespace wagi::http {

// Frees OpenSSL's context.
struct FreeTlsContext {
  void operator()(ssl_ctx_st* context) const;
};
using TlsContextHandle = std::unique_ptr<ssl_ctx_st, FreeTlsContext>;

// Two PEM files: a certificate, its chain behind it, and its unencrypted key.
struct CertificatePaths {
  std::string cert;
  std::string key;
  bool operator==(const CertificatePaths&) const = default;
};

// Immutable. Outlives the handshakes that show it.
class ServerCertificate {
 public:
  using Time = std::chrono::system_clock::time_point;

  // A certificate with less left than this is warned of; one that is issued for less than thrice as
  // long, with less than a third of its life left, so that a fresh one never is.
  static constexpr std::chrono::days kRemainingDaysMin{30};

  // The certificate, its chain behind it, and its unencrypted key.
  [[nodiscard]] static Result<ServerCertificate> load(const std::string& cert_path,
                                                      const std::string& key_path);

  // A line for each certificate of the file that a client refuses at the time `now`, or soon will.
  [[nodiscard]] std::vector<std::string> warnings(Time now) const;
  // Whether a client that asks for this host takes it (RFC 6125 6.4). Of "*.NAME" every name right
  // below NAME is meant; "*" asks for nothing.
  [[nodiscard]] bool covers(std::string_view host_pattern) const;
  // The DNS names and addresses that it is for, else its subject's common name.
  [[nodiscard]] std::vector<std::string> names() const;
  // When it, or what signed it, ends first; Time::max() where no time can be read.
  [[nodiscard]] Time expires() const;

  [[nodiscard]] const std::string& path() const { return path_; }
  // A context of OpenSSL's that has the certificate, its chain and its key, and nothing else set.
  [[nodiscard]] ssl_ctx_st* native() const { return context_.get(); }

 private:
  ServerCertificate(TlsContextHandle context, std::string path)
      : context_(std::move(context)), path_(std::move(path)) {}
  // Its own first, then those of the chain.
  [[nodiscard]] std::vector<const x509_st*> chain() const;

  TlsContextHandle context_;
  std::string path_;
};

// Chooses a client's certificate by the host that it asks for (SNI, RFC 6066 3). Filled once.
class CertificateTable {
 public:
  // `certificate` is borrowed. Of two for one pattern the first stays.
  void add(std::string_view host_pattern, const ServerCertificate& certificate);
  // Null: no site that has the host has a certificate of its own.
  [[nodiscard]] const ServerCertificate* find(std::string_view host) const;

 private:
  routing::HostTable hosts_;
  std::vector<const ServerCertificate*> certificates_;
};

}  // namespace wagi::http
