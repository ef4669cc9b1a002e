// TLS 1.2 and 1.3 of a listening socket (OpenSSL).
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "net/http/certificate.h"
#include "net/http/ticket_keys.h"

struct ssl_st;

namespace wagi::http {

// The TLS settings of a listening socket.
struct TlsSettings {
  enum class VerifyClient : std::uint8_t {
    kNo,
    kOptional,  // A client without a certificate is served, one with a bad one isn't.
    kRequired,
  };
  bool tls_1_3_only = false;
  VerifyClient verify_client = VerifyClient::kNo;
  std::string client_ca = {};  // PEM file of the authorities of clients' certificates.
};

// Everything that a handshake needs: the certificates, TLS 1.3, or 1.2 with the suites of RFC 9325,
// who must show a certificate, and the keys of tickets. Outlives the connections made with it.
// Answers ALPN (RFC 7301) with http/1.1.
class TlsContext {
 public:
  // All but `settings` are borrowed. `fallback` is for a client that asks for no host, or for one
  // that `by_host` (may be null) has no certificate for. `tickets` (may be null) lets another
  // process resume a session; without it only this context does.
  [[nodiscard]] static Result<TlsContext> create(const TlsSettings& settings,
                                                 const ServerCertificate& fallback,
                                                 const CertificateTable* by_host = nullptr,
                                                 const TicketKeys* tickets = nullptr);

  // Whether clients are asked for a certificate.
  [[nodiscard]] bool asksClients() const {
    return verify_client_ != TlsSettings::VerifyClient::kNo;
  }
  [[nodiscard]] ssl_ctx_st* native() const { return context_.get(); }

 private:
  struct Shared;
  struct FreeShared {
    void operator()(const Shared* shared) const;
  };
  TlsContext(TlsContextHandle context, std::unique_ptr<const Shared, FreeShared> shared,
             TlsSettings::VerifyClient verify_client)
      : context_(std::move(context)), shared_(std::move(shared)), verify_client_(verify_client) {}
  static int chooseCertificate(ssl_st* stream, int* alert, void* shared);

  TlsContextHandle context_;
  std::unique_ptr<const Shared, FreeShared> shared_;  // At an address that OpenSSL keeps.
  TlsSettings::VerifyClient verify_client_;
};

}  // namespace wagi::http
