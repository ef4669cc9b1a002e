#include "net/outbound/connection.h"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <cerrno>
#include <tuple>
#include <utility>

namespace wagi::outbound {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Tcp = asio::ip::tcp;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

std::string text(const error_code& error) {
  if (error == boost::beast::error::timeout) return "nothing happened for too long";
  return error.message();
}

}  // namespace

Connection::Connection(asio::io_context& io, UniqueFd socket, std::shared_ptr<std::size_t> count)
    : count_(std::move(count)), stream_(io) {
  ++*count_;
  error_code failed;
  // v4() fits an IPv6 socket too: the version matters only where its addresses are asked for.
  stream_.socket().assign(Tcp::v4(), socket.get(), failed);
  if (!failed) std::ignore = socket.release();  // If it failed, so will the first write.
}

asio::awaitable<std::string> Connection::shakeHands(const TlsClient& tls, const Host& host,
                                                    Milliseconds time_max) {
  SSL_CTX_up_ref(tls.context());
  asio::ssl::context context(tls.context());  // Owns a reference of its own.
  tls_.emplace(stream_, context);
  TlsClient::expect(tls_->native_handle(), host);
  stream_.expires_after(time_max);
  const auto [failed] = co_await tls_->async_handshake(asio::ssl::stream_base::client, kAwait);
  if (!failed) co_return "";
  const long verified = SSL_get_verify_result(tls_->native_handle());
  co_return "TLS: " +
      (verified != X509_V_OK ? X509_verify_cert_error_string(verified) : text(failed));
}

asio::awaitable<std::string> Connection::write(std::string_view bytes, Milliseconds time_max) {
  stream_.expires_after(time_max);
  const auto buffer = asio::buffer(bytes.data(), bytes.size());
  error_code failed;
  if (tls_) {
    std::tie(failed, std::ignore) = co_await asio::async_write(*tls_, buffer, kAwait);
  } else {
    std::tie(failed, std::ignore) = co_await asio::async_write(stream_, buffer, kAwait);
  }
  co_return failed ? text(failed) : "";
}

asio::awaitable<Connection::Read> Connection::read(std::span<char> space, Milliseconds time_max) {
  stream_.expires_after(time_max);
  const auto buffer = asio::buffer(space.data(), space.size());
  error_code failed;
  std::size_t count = 0;
  if (tls_) {
    std::tie(failed, count) = co_await tls_->async_read_some(buffer, kAwait);
  } else {
    std::tie(failed, count) = co_await stream_.async_read_some(buffer, kAwait);
  }
  // TLS gives another error than eof for an end that it doesn't confirm, as an attacker could make.
  if (failed == asio::error::eof) co_return Read{};
  if (failed) co_return Read{0, text(failed)};
  co_return Read{count, ""};
}

bool Connection::isQuiet() {
  char byte = 0;
  const ssize_t count = ::recv(stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void Connection::close() { stream_.close(); }

}  // namespace wagi::outbound
