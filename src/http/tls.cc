#include "http/tls.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>

#include <cerrno>
#include <cstring>
#include <string_view>

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
  return fail(fmt::format("{}: expected a certificate in PEM format ({})", path, opensslReason()));
}

[[nodiscard]] Result<void> useKey(SSL_CTX* context, const std::string& path,
                                  const std::string& cert_path) {
  if (auto readable = checkReadable(path); !readable) return readable;
  if (SSL_CTX_use_PrivateKey_file(context, path.c_str(), SSL_FILETYPE_PEM) == 1 &&
      SSL_CTX_check_private_key(context) == 1) {
    return {};
  }
  const unsigned long error = ERR_peek_last_error();
  const int reason = ERR_GET_REASON(error);
  if (ERR_GET_LIB(error) == ERR_LIB_X509 &&
      (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH)) {
    return fail(fmt::format("{}: isn't the key of the certificate in {}", path, cert_path));
  }
  return fail(fmt::format("{}: expected an unencrypted private key in PEM format ({})", path,
                          opensslReason()));
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

Result<TlsContext> TlsContext::load(const std::string& cert_path, const std::string& key_path) {
  ERR_clear_error();
  Handle context(SSL_CTX_new(TLS_server_method()));
  if (!context) return fail(fmt::format("OpenSSL can't serve TLS: {}", opensslReason()));
  SSL_CTX* const native = context.get();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(native, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                               SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(native, 1);  // One read a record, not one for its head and one for it.
  // Sessions live in the client's ticket: a cache here would be of one worker only.
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_default_passwd_cb(native, noPassphrase);
  SSL_CTX_set_alpn_select_cb(native, chooseProtocol, nullptr);
  if (auto used = useCertificate(native, cert_path); !used) return std::unexpected(used.error());
  if (auto used = useKey(native, key_path, cert_path); !used) return std::unexpected(used.error());
  return TlsContext(std::move(context));
}

}  // namespace wagi::http
