#include "net/http/tls.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <optional>
#include <string_view>

#include "base/tls_suites.h"
#include "base/unique_fd.h"

namespace wagi::http {
namespace {

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

// An encrypted key is an error here, not a question on the terminal.
int noPassphrase(char*, int, int, void*) { return 0; }

// What is wrong with opening `path`, if anything.
[[nodiscard]] Result<void> checkReadable(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail(fmt::format("{}: {}", path, std::strerror(errno)));
  return {};
}

[[nodiscard]] std::string opensslReason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason != nullptr ? reason : "unknown error";
}

[[nodiscard]] Result<void> useCertificate(SSL_CTX* context, const std::string& path) {
  if (auto readable = checkReadable(path); !readable) return readable;
  if (SSL_CTX_use_certificate_chain_file(context, path.c_str()) == 1) return {};
  // It was read; what OpenSSL minds are its key's size or its digest.
  const unsigned long error = ERR_peek_last_error();
  const int reason = ERR_GET_REASON(error);
  if (ERR_GET_LIB(error) == ERR_LIB_SSL &&
      (reason == SSL_R_EE_KEY_TOO_SMALL || reason == SSL_R_CA_KEY_TOO_SMALL ||
       reason == SSL_R_CA_MD_TOO_WEAK)) {
    return fail(
        fmt::format("{}: clients refuse such a certificate ({}); make one with a key of "
                    "ECDSA P-256 or RSA 2048",
                    path, opensslReason()));
  }
  return fail(fmt::format("{}: expected a certificate in PEM format ({})", path, opensslReason()));
}

struct FreeFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

// REQUIRES: `context` has its certificate.
[[nodiscard]] Result<void> useKey(SSL_CTX* context, const std::string& path,
                                  const std::string& cert_path) {
  const std::unique_ptr<std::FILE, FreeFile> file(std::fopen(path.c_str(), "re"));
  if (!file) return fail(fmt::format("{}: {}", path, std::strerror(errno)));
  const std::unique_ptr<EVP_PKEY, FreeKey> key(
      PEM_read_PrivateKey(file.get(), nullptr, noPassphrase, nullptr));
  if (!key) {
    return fail(fmt::format("{}: expected an unencrypted private key in PEM format", path));
  }
  // Compared here, since OpenSSL takes a key of another kind for that of a certificate to come.
  if (X509_check_private_key(SSL_CTX_get0_certificate(context), key.get()) != 1) {
    return fail(fmt::format("{}: isn't the key of the certificate in {}", path, cert_path));
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    return fail(fmt::format("{}: the key can't be used ({})", path, opensslReason()));
  }
  return {};
}

[[nodiscard]] std::optional<TlsContext::Time> timeOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

// What a client has against the certificate, or soon will; empty where nothing.
[[nodiscard]] std::string faultOf(const X509* certificate, TlsContext::Time now) {
  const auto begin = timeOf(X509_get0_notBefore(certificate));
  const auto end = timeOf(X509_get0_notAfter(certificate));
  if (!begin || !end) return "says in no readable way how long it is valid";
  if (now < *begin) {
    return fmt::format("isn't valid before {:%F %R} UTC: clients refuse it until then", *begin);
  }
  if (now > *end) {
    return fmt::format("expired at {:%F %R} UTC: clients refuse it; renew it", *end);
  }
  const auto remaining_min =
      std::min<TlsContext::Time::duration>(TlsContext::kRemainingDaysMin, (*end - *begin) / 3);
  if (*end - now >= remaining_min) return "";
  return fmt::format("expires at {:%F %R} UTC: renew it before", *end);
}

[[nodiscard]] std::string subjectOf(const X509* certificate) {
  char name[256];
  // Escapes what isn't printable.
  return X509_NAME_oneline(X509_get_subject_name(certificate), name, sizeof name);
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

Result<TlsContext> TlsContext::load(const std::string& cert_path, const std::string& key_path) {
  ERR_clear_error();
  Handle context(SSL_CTX_new(TLS_server_method()));
  if (!context) return fail(fmt::format("OpenSSL can't serve TLS: {}", opensslReason()));
  SSL_CTX* const native = context.get();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  if (SSL_CTX_set_cipher_list(native, kTls12Suites) != 1) {
    return fail(fmt::format("OpenSSL has none of the suites {}", kTls12Suites));
  }
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(native, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                               SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(native, 1);  // One read a record, not one for its head and one for it.
  // Sessions live in the client's ticket: a cache here would be of one worker only.
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(native, chooseProtocol, nullptr);
  if (auto used = useCertificate(native, cert_path); !used) return std::unexpected(used.error());
  if (auto used = useKey(native, key_path, cert_path); !used) return std::unexpected(used.error());
  return TlsContext(std::move(context), cert_path);
}

std::vector<std::string> TlsContext::warnings(Time now) const {
  std::vector<const X509*> certificates{SSL_CTX_get0_certificate(native())};
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(native(), static_cast<void*>(&chain));
  for (int i = 0; i < sk_X509_num(chain); ++i) certificates.push_back(sk_X509_value(chain, i));
  std::vector<std::string> warnings;
  for (const X509* certificate : certificates) {
    const std::string fault = faultOf(certificate, now);
    if (fault.empty()) continue;
    warnings.push_back(
        fmt::format("{}: the certificate of {} {}", cert_path_, subjectOf(certificate), fault));
  }
  return warnings;
}

}  // namespace wagi::http
