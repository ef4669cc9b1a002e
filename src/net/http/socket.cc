#include "net/http/socket.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

namespace wagi::http {

using Status = IoResult::Status;

Socket::Socket(boost::asio::io_context& io, UniqueFd socket, int family, const TlsContext* tls)
    : socket_(io) {
  boost::system::error_code error;
  const boost::asio::generic::stream_protocol protocol(family, family == AF_UNIX ? 0 : IPPROTO_TCP);
  const int native = socket.get();
  socket_.assign(protocol, native, error);
  if (error) return;  // Not open then; `socket` closes it.
  (void)socket.release();
  if (tls != nullptr) tls_.emplace(*tls, native);
}

IoResult Socket::handshake() {
  const IoResult result = tls_->handshake();
  if (result.status == Status::kDone) client_certificate_ = tls_->clientCertificate();
  read_wants_ = result.status == Status::kWantWrite ? Wait::wait_write : Wait::wait_read;
  return result;
}

void Socket::writePlain(std::string_view bytes) {
  // Best effort: there is nobody to tell when it fails.
  [[maybe_unused]] const auto count =
      ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

IoResult Socket::read(std::span<char> space) {
  if (tls_) {
    const IoResult result = tls_->read(space);
    read_wants_ = result.status == Status::kWantWrite ? Wait::wait_write : Wait::wait_read;
    starved_ = result.status == Status::kWantRead;
    return result;
  }
  const auto count = ::recv(socket_.native_handle(), space.data(), space.size(), MSG_DONTWAIT);
  if (count > 0) return {Status::kDone, static_cast<std::size_t>(count)};
  if (count == 0) return {Status::kEof, 0};
  const bool again = errno == EAGAIN || errno == EINTR;
  return {again ? Status::kWantRead : Status::kFailed, 0};
}

IoResult Socket::write(std::string_view bytes) {
  if (tls_) {
    const IoResult result = tls_->write(bytes);
    write_wants_ = result.status == Status::kWantRead ? Wait::wait_read : Wait::wait_write;
    return result;
  }
  const auto count =
      ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count >= 0) return {Status::kDone, static_cast<std::size_t>(count)};
  const bool again = errno == EAGAIN || errno == EINTR;
  return {again ? Status::kWantWrite : Status::kFailed, 0};
}

bool Socket::hasInput() const {
  char byte;
  auto& socket = const_cast<Native&>(socket_);
  return ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

bool Socket::hasEnded() const {
  pollfd entry{const_cast<Native&>(socket_).native_handle(), POLLRDHUP, 0};
  return ::poll(&entry, 1, 0) == 1;
}

void Socket::endTls() {
  if (tls_) tls_->shutdown();
}

void Socket::shutdownWrite() {
  boost::system::error_code ignored;
  socket_.shutdown(Native::shutdown_send, ignored);
}

void Socket::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void Socket::closeWithReset() {
  boost::system::error_code ignored;
  socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

}  // namespace wagi::http
