// A connection to a server, plain or with TLS. Used from the event loop only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "net/outbound/tls.h"
#include "net/outbound/url.h"

namespace wagi::outbound {

class Connection {
 public:
  using Milliseconds = std::chrono::milliseconds;

  // Takes a connected socket, and counts itself in `count` as long as it lives.
  Connection(boost::asio::io_context& io, UniqueFd socket, std::shared_ptr<std::size_t> count);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { --*count_; }

  // Each of these ends after `time_max` at the latest, and when close() is called. The result is
  // "", or says what went wrong.
  [[nodiscard]] boost::asio::awaitable<std::string> shakeHands(const TlsClient& tls,
                                                               const Host& host,
                                                               Milliseconds time_max);
  [[nodiscard]] boost::asio::awaitable<std::string> write(std::string_view bytes,
                                                          Milliseconds time_max);
  struct Read {
    std::size_t count = 0;  // 0 without an error: the server has ended its stream.
    std::string error;
  };
  [[nodiscard]] boost::asio::awaitable<Read> read(std::span<char> space, Milliseconds time_max);

  // Whether the connection can serve another request: no byte has come unasked, nor its end.
  [[nodiscard]] bool isQuiet();
  void close();

 private:
  std::shared_ptr<std::size_t> count_;
  boost::beast::tcp_stream stream_;
  std::optional<boost::asio::ssl::stream<boost::beast::tcp_stream&>> tls_;
};

}  // namespace wagi::outbound
