#include "net/http/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>

#include "net/http/tls.h"

namespace wagi::http {
namespace {

// OpenSSL's own socket BIO writes with write(2), which raises SIGPIPE.
int socketOf(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int retryLater(int returned) { return returned < 0 && (errno == EAGAIN || errno == EINTR); }

int bioWrite(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const auto count =
      ::send(socketOf(bio), data, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (retryLater(static_cast<int>(count))) BIO_set_retry_write(bio);
  return static_cast<int>(count);
}

int bioRead(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const auto count = ::recv(socketOf(bio), data, static_cast<std::size_t>(size), MSG_DONTWAIT);
  if (retryLater(static_cast<int>(count))) BIO_set_retry_read(bio);
  if (count == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(count);
}

long bioControl(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
  return command == BIO_CTRL_FLUSH;
}

// Made once for the process; OpenSSL keeps no state of a connection in it.
const BIO_METHOD* socketMethod() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    if (made == nullptr) std::abort();
    BIO_meth_set_write(made, bioWrite);
    BIO_meth_set_read(made, bioRead);
    BIO_meth_set_ctrl(made, bioControl);
    return made;
  }();
  return method;
}

// The text that `print` writes to a memory BIO.
template <class Print>
std::string printed(Print print) {
  const std::unique_ptr<BIO, decltype([](BIO* bio) { BIO_free(bio); })> bio(BIO_new(BIO_s_mem()));
  if (!bio) std::abort();  // Out of memory.
  print(bio.get());
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : std::string();
}

std::string nameOf(const X509_NAME* name) {
  constexpr unsigned long kForm = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;
  return printed([&](BIO* bio) { X509_NAME_print_ex(bio, name, 0, kForm); });
}

std::string commonNameOf(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return "";
  const ASN1_STRING* const text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
  return printed([&](BIO* bio) { ASN1_STRING_print_ex(bio, text, ASN1_STRFLGS_UTF8_CONVERT); });
}

std::string numberOf(const ASN1_INTEGER* number) {
  return printed([&](BIO* bio) { i2a_ASN1_INTEGER(bio, number); });
}

std::string timeOf(const ASN1_TIME* time) {
  return printed([&](BIO* bio) { ASN1_TIME_print(bio, time); });
}

int clampSize(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

void TlsStream::Free::operator()(ssl_st* stream) const { SSL_free(stream); }

TlsStream::TlsStream(const TlsContext& context, int socket)
    : stream_(SSL_new(context.native())), asks_client_(context.asksClients()) {
  BIO* const bio = BIO_new(socketMethod());
  if (!stream_ || bio == nullptr) std::abort();  // Out of memory.
  // A BIO keeps a pointer for its user; the number of the socket takes its place.
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  BIO_set_init(bio, 1);
  SSL_set_bio(stream_.get(), bio, bio);
  SSL_set_accept_state(stream_.get());
}

IoResult TlsStream::handshake() {
  ERR_clear_error();
  const int returned = SSL_do_handshake(stream_.get());
  if (returned == 1) return {};
  const IoResult outcome = result(returned);
  saw_plain_http_ = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
  return outcome;
}

IoResult TlsStream::read(std::span<char> space) {
  ERR_clear_error();
  const int returned = SSL_read(stream_.get(), space.data(), clampSize(space.size()));
  if (returned > 0) return {IoResult::Status::kDone, static_cast<std::size_t>(returned)};
  return result(returned);
}

IoResult TlsStream::write(std::string_view bytes) {
  ERR_clear_error();
  const int returned = SSL_write(stream_.get(), bytes.data(), clampSize(bytes.size()));
  if (returned > 0) return {IoResult::Status::kDone, static_cast<std::size_t>(returned)};
  return result(returned);
}

std::optional<ClientCertificate> TlsStream::clientCertificate() const {
  if (!asks_client_) return std::nullopt;
  ClientCertificate shown;
  const X509* const certificate = SSL_get0_peer_certificate(stream_.get());
  if (certificate == nullptr) return shown;
  shown.verified = true;
  shown.subject = nameOf(X509_get_subject_name(certificate));
  shown.common_name = commonNameOf(X509_get_subject_name(certificate));
  shown.issuer = nameOf(X509_get_issuer_name(certificate));
  shown.serial = numberOf(X509_get0_serialNumber(certificate));
  shown.valid_from = timeOf(X509_get0_notBefore(certificate));
  shown.valid_until = timeOf(X509_get0_notAfter(certificate));
  return shown;
}

bool TlsStream::hasPending() const { return SSL_has_pending(stream_.get()) == 1; }

void TlsStream::shutdown() {
  ERR_clear_error();
  SSL_shutdown(stream_.get());
}

IoResult TlsStream::result(int returned) {
  switch (SSL_get_error(stream_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return {IoResult::Status::kWantRead, 0};
    case SSL_ERROR_WANT_WRITE:
      return {IoResult::Status::kWantWrite, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {IoResult::Status::kEof, 0};
    default:
      return {IoResult::Status::kFailed, 0};
  }
}

}  // namespace wagi::http
