#include "net/http/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/sha256.h"
#include "base/tls_suites.h"

namespace wagi::http {
namespace {

using SessionIdContext = std::array<unsigned char, SSL_MAX_SID_CTX_LENGTH>;

// In the wire format of RFC 7301 3.1: each name behind its length.
constexpr std::string_view kProtocols = "\x08http/1.1";

int chooseProtocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                   const unsigned char* offered, unsigned int offered_size, void*) {
  unsigned char* match = nullptr;
  const int found = SSL_select_next_proto(
      &match, chosen_size, reinterpret_cast<const unsigned char*>(kProtocols.data()),
      static_cast<unsigned int>(kProtocols.size()), offered, offered_size);
  *chosen = match;
  // A client that insists on something else gets the alert that says so (RFC 7301 3.2).
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// A session that one listener opened is resumed only where clients are asked for the same: one that
// showed no certificate must not come in by its ticket where one is required.
SessionIdContext sessionIdContextOf(const TlsSettings& settings) {
  Sha256 hash;
  hash.update(fmt::format("{} {}", static_cast<int>(settings.verify_client), settings.client_ca));
  const std::string digest = hash.hex();
  SessionIdContext context{};
  std::copy_n(digest.begin(), context.size(), context.begin());
  return context;
}

[[nodiscard]] std::unexpected<Error> failed(std::string_view what) {
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  return fail(fmt::format("{}: {}", what, reason != nullptr ? reason : "unknown error"));
}

[[nodiscard]] Result<void> useCertificate(SSL_CTX* context, const ServerCertificate& certificate) {
  SSL_CTX* const from = certificate.native();
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(from, static_cast<void*>(&chain));
  if (SSL_CTX_use_cert_and_key(context, SSL_CTX_get0_certificate(from),
                               SSL_CTX_get0_privatekey(from), chain, 1) != 1) {
    return failed(certificate.path());
  }
  return {};
}

[[nodiscard]] Result<void> verifyClients(SSL_CTX* context, const TlsSettings& settings) {
  using VerifyClient = TlsSettings::VerifyClient;
  if (settings.verify_client == VerifyClient::kNo) return {};
  const char* const path = settings.client_ca.c_str();
  if (SSL_CTX_load_verify_file(context, path) != 1) {
    return failed(fmt::format("{}: expected certificates in PEM format", settings.client_ca));
  }
  // The names of the authorities tell a client which of its certificates to send.
  if (STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(path)) {
    SSL_CTX_set_client_CA_list(context, names);
  }
  const bool required = settings.verify_client == VerifyClient::kRequired;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     nullptr);
  return {};
}

}  // namespace

// State that a listener's handshakes share beside OpenSSL's own settings.
struct TlsContext::Shared {
  const CertificateTable* by_host;
  const TicketKeys* tickets;
  SessionIdContext session_id_context;
};

// A client that asks for a host which nobody has is served with the certificate that there is: it
// decides itself whether it takes that (RFC 6066 3).
int TlsContext::chooseCertificate(SSL* stream, int*, void* argument) {
  const Shared& shared = *static_cast<const Shared*>(argument);
  const char* const host = SSL_get_servername(stream, TLSEXT_NAMETYPE_host_name);
  if (host == nullptr || shared.by_host == nullptr) return SSL_TLSEXT_ERR_NOACK;
  const ServerCertificate* const found = shared.by_host->find(host);
  if (found == nullptr) return SSL_TLSEXT_ERR_OK;
  SSL_set_SSL_CTX(stream, found->native());
  // The certificate's context has none of the listener's settings, and these two follow it.
  SSL_set_session_id_context(stream, shared.session_id_context.data(),
                             static_cast<unsigned int>(shared.session_id_context.size()));
  if (shared.tickets != nullptr) shared.tickets->use(stream);
  return SSL_TLSEXT_ERR_OK;
}

void TlsContext::FreeShared::operator()(const Shared* shared) const { delete shared; }

Result<TlsContext> TlsContext::create(const TlsSettings& settings,
                                      const ServerCertificate& fallback,
                                      const CertificateTable* by_host, const TicketKeys* tickets) {
  ERR_clear_error();
  TlsContextHandle context(SSL_CTX_new(TLS_server_method()));
  if (!context) return failed("OpenSSL can't serve TLS");
  SSL_CTX* const native = context.get();
  SSL_CTX_set_min_proto_version(native, settings.tls_1_3_only ? TLS1_3_VERSION : TLS1_2_VERSION);
  if (SSL_CTX_set_cipher_list(native, kTls12Suites) != 1) {
    return fail(fmt::format("OpenSSL has none of the suites {}", kTls12Suites));
  }
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(native, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                               SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(native, 1);  // One read a record, not one for its head and one for it.
  // Sessions live in the client's ticket: a cache here would be of one worker only.
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  std::unique_ptr<const Shared, FreeShared> shared(
      new Shared{by_host, tickets, sessionIdContextOf(settings)});
  SSL_CTX_set_session_id_context(native, shared->session_id_context.data(),
                                 static_cast<unsigned int>(shared->session_id_context.size()));
  SSL_CTX_set_alpn_select_cb(native, chooseProtocol, nullptr);
  SSL_CTX_set_tlsext_servername_callback(native, chooseCertificate);
  SSL_CTX_set_tlsext_servername_arg(native, const_cast<Shared*>(shared.get()));
  if (tickets != nullptr) tickets->use(native);
  if (auto used = useCertificate(native, fallback); !used) return std::unexpected(used.error());
  if (auto used = verifyClients(native, settings); !used) return std::unexpected(used.error());
  return TlsContext(std::move(context), std::move(shared), settings.verify_client);
}

}  // namespace wagi::http
