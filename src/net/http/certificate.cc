#include "net/http/certificate.h"

#include <arpa/inet.h>
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
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <optional>

#include "base/unique_fd.h"

namespace wagi::http {
namespace {

// An encrypted key is an error here, not a question on the terminal.
int noPassphrase(char*, int, int, void*) { return 0; }

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
  // The file was read; what OpenSSL minds are the key's size or the digest of the certificate.
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
struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
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

[[nodiscard]] std::optional<ServerCertificate::Time> timeOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

// Why a client refuses the certificate, or soon will; empty where it doesn't.
[[nodiscard]] std::string faultOf(const X509* certificate, ServerCertificate::Time now) {
  const auto begin = timeOf(X509_get0_notBefore(certificate));
  const auto end = timeOf(X509_get0_notAfter(certificate));
  if (!begin || !end) return "says in no readable way how long it is valid";
  if (now < *begin) {
    return fmt::format("isn't valid before {:%F %R} UTC: clients refuse it until then", *begin);
  }
  if (now > *end) {
    return fmt::format("expired at {:%F %R} UTC: clients refuse it; renew it", *end);
  }
  const auto remaining_min = std::min<ServerCertificate::Time::duration>(
      ServerCertificate::kRemainingDaysMin, (*end - *begin) / 3);
  if (*end - now >= remaining_min) return "";
  return fmt::format("expires at {:%F %R} UTC: renew it before", *end);
}

[[nodiscard]] std::string subjectOf(const X509* certificate) {
  char name[256];
  // Escapes what isn't printable.
  return X509_NAME_oneline(X509_get_subject_name(certificate), name, sizeof name);
}

[[nodiscard]] std::string commonNameOf(const X509* certificate) {
  std::array<char, 256> name{};
  const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                             name.data(), static_cast<int>(name.size()));
  return size > 0 ? std::string(name.data(), static_cast<std::size_t>(size)) : std::string();
}

[[nodiscard]] std::string textOf(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

[[nodiscard]] std::string addressOf(const ASN1_OCTET_STRING* bytes) {
  const int family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family, ASN1_STRING_get0_data(bytes), text.data(), text.size());
  return text.data();
}

}  // namespace

void FreeTlsContext::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

Result<ServerCertificate> ServerCertificate::load(const std::string& cert_path,
                                                  const std::string& key_path) {
  ERR_clear_error();
  TlsContextHandle context(SSL_CTX_new(TLS_server_method()));
  if (!context) return fail(fmt::format("OpenSSL can't serve TLS: {}", opensslReason()));
  SSL_CTX* const native = context.get();
  if (auto used = useCertificate(native, cert_path); !used) return std::unexpected(used.error());
  if (auto used = useKey(native, key_path, cert_path); !used) return std::unexpected(used.error());
  return ServerCertificate(std::move(context), cert_path);
}

std::vector<const X509*> ServerCertificate::chain() const {
  std::vector<const X509*> certificates{SSL_CTX_get0_certificate(native())};
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(native(), static_cast<void*>(&chain));
  for (int i = 0; i < sk_X509_num(chain); ++i) certificates.push_back(sk_X509_value(chain, i));
  return certificates;
}

std::vector<std::string> ServerCertificate::warnings(Time now) const {
  std::vector<std::string> warnings;
  for (const X509* certificate : chain()) {
    const std::string fault = faultOf(certificate, now);
    if (fault.empty()) continue;
    warnings.push_back(
        fmt::format("{}: the certificate of {} {}", path_, subjectOf(certificate), fault));
  }
  return warnings;
}

bool ServerCertificate::covers(std::string_view host_pattern) const {
  if (host_pattern == routing::kAnyHost) return true;
  X509* const certificate = SSL_CTX_get0_certificate(native());
  std::string host(host_pattern);
  if (host.starts_with('[')) {
    return X509_check_ip_asc(certificate, host.substr(1, host.size() - 2).c_str(), 0) == 1;
  }
  if (X509_check_ip_asc(certificate, host.c_str(), 0) == 1) return true;
  if (host.starts_with("*.")) host.replace(0, 1, "any");
  return X509_check_host(certificate, host.data(), host.size(),
                         X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
}

std::vector<std::string> ServerCertificate::names() const {
  const X509* const certificate = chain().front();
  const std::unique_ptr<GENERAL_NAMES, FreeNames> others(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> names;
  for (int i = 0; i < sk_GENERAL_NAME_num(others.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(others.get(), i);
    if (name->type == GEN_DNS) names.push_back(textOf(name->d.dNSName));
    if (name->type == GEN_IPADD) names.push_back(addressOf(name->d.iPAddress));
  }
  if (names.empty()) names.push_back(commonNameOf(certificate));
  return names;
}

ServerCertificate::Time ServerCertificate::expires() const {
  Time first = Time::max();
  for (const X509* certificate : chain()) {
    first = std::min(first, timeOf(X509_get0_notAfter(certificate)).value_or(Time::max()));
  }
  return first;
}

void CertificateTable::add(std::string_view host_pattern, const ServerCertificate& certificate) {
  if (hosts_.add(host_pattern, certificates_.size())) certificates_.push_back(&certificate);
}

const ServerCertificate* CertificateTable::find(std::string_view host) const {
  const auto found = hosts_.find(host);
  return found ? certificates_[*found] : nullptr;
}

}  // namespace wagi::http
