#include "net/http/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <limits>

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

int clampSize(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

void TlsStream::Free::operator()(ssl_st* stream) const { SSL_free(stream); }

TlsStream::TlsStream(const TlsContext& context, int socket) : stream_(SSL_new(context.native())) {
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
