// An accepted socket, plain or with TLS.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "base/unique_fd.h"
#include "net/http/tls_stream.h"

namespace wagi::http {

// Reads and writes that don't wait, and notices of when they are worth trying. Owned by a
// Connection. A notice's callback must keep the owner alive; one read and one write notice at a
// time.
class Socket {
 public:
  // `tls`: null is plain.
  Socket(boost::asio::io_context& io, UniqueFd socket, int family, const TlsContext* tls);

  [[nodiscard]] bool isTls() const { return tls_.has_value(); }
  [[nodiscard]] bool isOpen() const { return socket_.is_open(); }

  // REQUIRES: isTls().
  [[nodiscard]] IoResult handshake();
  // The certificate that the client was asked for, if it showed one; null where it wasn't asked,
  // or there is no TLS.
  [[nodiscard]] const ClientCertificate* clientCertificate() const {
    return client_certificate_ ? &*client_certificate_ : nullptr;
  }
  [[nodiscard]] bool sawPlainHttp() const { return tls_->sawPlainHttp(); }
  // Outside of TLS, and without waiting.
  void writePlain(std::string_view bytes);

  [[nodiscard]] IoResult read(std::span<char> space);
  [[nodiscard]] IoResult write(std::string_view bytes);
  // Whether the kernel holds bytes, or the end of them, for us.
  [[nodiscard]] bool hasInput() const;
  // Whether the client has closed or reset it, though bytes that it sent before are still unread.
  [[nodiscard]] bool hasEnded() const;

  // Calls back with what a read into `space` came to, which may still be kWantRead.
  template <class Callback>
  void asyncRead(std::span<char> space, Callback callback);
  // Calls back when a write, or a handshake, that didn't finish may go on.
  template <class Callback>
  void asyncWriteReady(Callback callback) {
    asyncReady(write_wants_, std::move(callback));
  }
  template <class Callback>
  void asyncHandshakeReady(Callback callback) {
    asyncReady(read_wants_, std::move(callback));
  }

  // Says in TLS that no more will be written, as an attacker who cuts the connection couldn't.
  void endTls();
  // The client sees the end of what was written; reading goes on.
  void shutdownWrite();
  void close();
  // The client sees a reset, so that it can't take the end for a regular one.
  void closeWithReset();

 private:
  using Native = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                  boost::asio::io_context::executor_type>;
  using Wait = Native::wait_type;

  template <class Callback>
  void asyncReady(Wait wants, Callback callback) {
    socket_.async_wait(wants, [callback = std::move(callback)](auto) mutable { callback(); });
  }

  Native socket_;
  std::optional<TlsStream> tls_;
  std::optional<ClientCertificate> client_certificate_;
  // The direction that an unfinished read or write waits for: TLS may need the other one.
  Wait read_wants_ = Wait::wait_read;
  Wait write_wants_ = Wait::wait_write;
  bool starved_ = false;  // TLS has only a piece of a record pending: it needs the socket.
};

template <class Callback>
void Socket::asyncRead(std::span<char> space, Callback callback) {
  using Status = IoResult::Status;
  if (!tls_) {
    // Cheaper than a wait and a read: the wait would arm the descriptor anew each time.
    socket_.async_read_some(
        boost::asio::mutable_buffer(space.data(), space.size()),
        [callback = std::move(callback)](const auto& error, std::size_t count) mutable {
          const bool eof = error == boost::asio::error::eof;
          callback(IoResult{!error ? Status::kDone : eof ? Status::kEof : Status::kFailed, count});
        });
    return;
  }
  auto read_now = [this, space, callback = std::move(callback)](auto...) mutable {
    callback(isOpen() ? read(space) : IoResult{Status::kFailed, 0});
  };
  if (tls_->hasPending() && !starved_) {
    boost::asio::post(socket_.get_executor(), std::move(read_now));
  } else {
    socket_.async_wait(read_wants_, std::move(read_now));
  }
}

}  // namespace wagi::http
