#include "net/outbound/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdlib>
#include <string_view>

#include "base/tls_suites.h"

namespace wagi::outbound {
namespace {

constexpr auto kProtocols =
    std::to_array<unsigned char>({8, 'h', 't', 't', 'p', '/', '1', '.', '1'});

}  // namespace

void TlsClient::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

std::string TlsClient::defaultRootsPath() {
  const char* const named = std::getenv("SSL_CERT_FILE");
  return named != nullptr && *named != '\0' ? named : "/etc/ssl/certs/ca-certificates.crt";
}

Result<TlsClient> TlsClient::load(const std::string& roots_path) {
  ERR_clear_error();
  Handle context(SSL_CTX_new(TLS_client_method()));
  if (!context) return fail("OpenSSL has no TLS");
  SSL_CTX* const native = context.get();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_set_cipher_list(native, kTls12Suites) != 1) {
    return fail(fmt::format("OpenSSL has none of the suites {}", kTls12Suites));
  }
  // SSL_CTX_set_alpn_protos() returns 0 on success.
  if (SSL_CTX_set_alpn_protos(native, kProtocols.data(), kProtocols.size()) != 0 ||
      SSL_CTX_load_verify_file(native, roots_path.c_str()) != 1) {
    const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
    return fail(fmt::format("{}: {}", roots_path, reason != nullptr ? reason : "unknown error"));
  }
  return TlsClient(std::move(context));
}

void TlsClient::expect(ssl_st* stream, const Host& host) {
  SSL_set_hostflags(stream, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (host.address) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(stream), host.name.c_str());
  } else {
    SSL_set1_host(stream, host.name.c_str());
    SSL_set_tlsext_host_name(stream, host.name.c_str());
  }
}

}  // namespace wagi::outbound
