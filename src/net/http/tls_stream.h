// TLS over a non-blocking socket.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/message.h"

struct ssl_st;

namespace wagi::http {

class TlsContext;

// The result of a read or write that doesn't wait.
struct IoResult {
  enum class Status {
    kDone,
    kWantRead,   // Nothing yet: again when the socket is readable.
    kWantWrite,  // Nothing yet: again when the socket is writable.
    kEof,
    kFailed,
  };
  Status status = Status::kDone;
  std::size_t count = 0;  // Bytes moved.
};

// The server's side of one connection. Borrows the socket, which must outlive it. Sends without
// raising SIGPIPE.
class TlsStream {
 public:
  TlsStream(const TlsContext& context, int socket);

  [[nodiscard]] IoResult handshake();
  // After a failed handshake: the client spoke plain HTTP.
  [[nodiscard]] bool sawPlainHttp() const { return saw_plain_http_; }
  [[nodiscard]] IoResult read(std::span<char> space);
  [[nodiscard]] IoResult write(std::string_view bytes);
  // read() may give bytes although the socket isn't readable.
  [[nodiscard]] bool hasPending() const;
  // The certificate that the client was asked for in the handshake, which has ended well, if it
  // showed one; nullopt where the listener asks for none.
  [[nodiscard]] std::optional<ClientCertificate> clientCertificate() const;
  // Says that no more will be written, if the socket takes it at once.
  void shutdown();

 private:
  struct Free {
    void operator()(ssl_st* stream) const;
  };

  [[nodiscard]] IoResult result(int returned);

  std::unique_ptr<ssl_st, Free> stream_;
  const bool asks_client_;
  bool saw_plain_http_ = false;
};

}  // namespace wagi::http
