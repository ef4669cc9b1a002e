#include "net/outbound/call.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cassert>
#include <chrono>
#include <cstring>
#include <string_view>
#include <utility>

#include "net/outbound/client.h"
#include "net/outbound/limits.h"

namespace wagi::outbound {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using std::chrono::milliseconds;

// The range of statuses; one outside of it is invalid (RFC 9110 15).
constexpr unsigned kStatusMin = 100;
constexpr unsigned kStatusMax = 599;

// Whether a request may be sent again without harm (RFC 9110 9.2.2).
bool isIdempotent(std::string_view method) {
  constexpr std::array<std::string_view, 6> kMethods{"GET",    "HEAD",    "PUT",
                                                     "DELETE", "OPTIONS", "TRACE"};
  return std::ranges::find(kMethods, method) != kMethods.end();
}

// Whether a request without a body must say so by "Content-Length: 0" (RFC 9110 8.6).
bool meansBody(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

PoolKey keyOf(const Request& request) {
  const Origin& origin = request.url.origin;
  return {origin.scheme, origin.host.name, origin.port, request.scope};
}

}  // namespace

Call::Call(Client& client, Request request, std::function<void()> notify)
    : client_(&client),
      request_(std::move(request)),
      notify_(std::move(notify)),
      body_left_(request_.body_bytes),
      in_(kFramingBytesMax + kHeadBytesMax) {}

void Call::start(std::span<const std::byte> piece) {
  const std::size_t count = std::min<std::uint64_t>({piece.size(), kPieceBytes, body_left_});
  piece_.assign(reinterpret_cast<const char*>(piece.data()), count);
  body_left_ -= count;
  whole_body_in_piece_ = body_left_ == 0;
  run(begin(this));
}

std::size_t Call::supply(std::span<const std::byte> piece) {
  assert(state_ == State::kWantsBody);
  const std::size_t count = std::min<std::uint64_t>({piece.size(), kPieceBytes, body_left_});
  piece_.assign(reinterpret_cast<const char*>(piece.data()), count);
  body_left_ -= count;
  state_ = State::kBusy;
  run(sendPiece(this));
  return count;
}

void Call::cancel() {
  cancelled_ = true;
  notify_ = nullptr;
  if (connection_) connection_->close();  // Ends the step that waits for it.
}

void Call::run(asio::awaitable<void> step) {
  asio::co_spawn(client_->io_, std::move(step), asio::detached);
}

void Call::tell(State state) {
  state_ = state;
  if (notify_) notify_();
}

void Call::fail(Refusal::Kind kind, std::string message) {
  connection_.reset();
  refusal_ = {kind, std::move(message)};
  tell(State::kFailed);
}

void Call::failQuietly(std::string message) {
  connection_.reset();
  refusal_ = {Refusal::Kind::kFailed, request_.url.origin.authority() + ": " + std::move(message)};
  state_ = State::kFailed;
}

asio::awaitable<void> Call::begin(Self /*kept*/) {
  for (;;) {
    const bool connected = co_await connect();
    if (!connected) co_return;
    const std::string bytes = head() + piece_;
    const std::string error =
        co_await connection_->write(bytes, client_->settings_.timeouts.silence_max);
    if (cancelled_) co_return;
    if (error.empty() && body_left_ > 0) {
      tell(State::kWantsBody);
      co_return;
    }
    // A server that takes no more of a request may have answered it already.
    const bool answered = co_await receiveHead();
    if (answered || cancelled_) co_return;
    if (!mayRetry()) {
      tell(State::kFailed);
      co_return;
    }
    // The server closed a kept connection just as it was used again, so a new one is tried.
    connection_.reset();
  }
}

asio::awaitable<void> Call::sendPiece(Self /*kept*/) {
  const std::string error =
      co_await connection_->write(piece_, client_->settings_.timeouts.silence_max);
  if (cancelled_) co_return;
  if (error.empty() && body_left_ > 0) {
    tell(State::kWantsBody);
    co_return;
  }
  const bool answered = co_await receiveHead();
  if (!answered && !cancelled_) tell(State::kFailed);
}

bool Call::mayRetry() const {
  return reused_ && !heard_ && whole_body_in_piece_ && isIdempotent(request_.method);
}

// Takes a kept connection, or makes a new one; false where the call has ended.
asio::awaitable<bool> Call::connect() {
  const Origin& origin = request_.url.origin;
  const Timeouts& timeouts = client_->settings_.timeouts;
  // A second attempt always makes a new connection.
  if (!std::exchange(reused_, false)) connection_ = client_->pool_.take(keyOf(request_));
  reused_ = connection_ != nullptr;
  heard_ = eof_ = false;
  in_.clear();
  if (reused_) co_return true;
  const TlsClient* const tls = client_->settings_.tls ? &*client_->settings_.tls : nullptr;
  if (origin.scheme == Scheme::kHttps && tls == nullptr) {
    fail(Refusal::Kind::kFailed, "there are no certificates to trust");
    co_return false;
  }
  if (*client_->connections_ >= kConnectionsMax) {
    fail(Refusal::Kind::kFailed, "too many connections are open");
    co_return false;
  }
  const Clock::Time began = client_->clock_.now();
  auto socket = co_await client_->connector_.connect(request_.route, origin, timeouts.connect_max);
  if (cancelled_) co_return false;
  if (!socket) {
    fail(socket.error().kind, std::move(socket.error().message));
    co_return false;
  }
  connection_ =
      std::make_unique<Connection>(client_->io_, *std::move(socket), client_->connections_);
  if (origin.scheme == Scheme::kHttp) co_return true;
  const auto spent = std::chrono::duration_cast<milliseconds>(client_->clock_.now() - began);
  const auto left = std::max(timeouts.connect_max - spent, milliseconds(1));
  std::string error = co_await connection_->shakeHands(*tls, origin.host, left);
  if (cancelled_) co_return false;
  if (error.empty()) co_return true;
  fail(Refusal::Kind::kFailed, origin.authority() + ": " + std::move(error));
  co_return false;
}

std::string Call::head() const {
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", request_.method,
                                 request_.url.target, request_.url.origin.authority());
  text += request_.fields.text;
  if (!request_.fields.has_user_agent) text += "User-Agent: wagi/" WAGI_VERSION "\r\n";
  if (request_.body_bytes > 0 || meansBody(request_.method)) {
    text += fmt::format("Content-Length: {}\r\n", request_.body_bytes);
  }
  text += "\r\n";
  return text;
}

void Call::renewParser() {
  parser_.emplace();
  parser_->header_limit(kHeadBytesMax);
  // The limit on the body is checked elsewhere, since Beast counts bytes twice for which the buffer
  // had no room.
  parser_->body_limit(boost::none);
  parser_->skip(request_.method == "HEAD");
}

bool Call::fits(std::uint64_t body_bytes) const {
  return request_.answer_bytes_max == 0 || body_bytes <= request_.answer_bytes_max;
}

std::string Call::tooLarge() const {
  return fmt::format("its answer is larger than body_bytes_max, {} bytes",
                     request_.answer_bytes_max);
}

std::string Call::describe(const boost::system::error_code& error) const {
  if (error == beast_http::error::header_limit) return "its answer's head is too large";
  return "its answer isn't HTTP: " + error.message();
}

// Receives more of the answer, or its end. Returns "", or what went wrong.
asio::awaitable<std::string> Call::receive(milliseconds time_max) {
  if (in_.size() > kFramingBytesMax) co_return "its framing has no end";
  const auto space = in_.prepare(kReadBytes);
  const auto read =
      co_await connection_->read({static_cast<char*>(space.data()), space.size()}, time_max);
  if (!read.error.empty()) co_return read.error;
  in_.commit(read.count);
  eof_ = read.count == 0;
  heard_ |= read.count > 0;
  co_return "";
}

// Receives the answer's head. False means that the call was cancelled, or has failed: then the
// caller gives the notice.
asio::awaitable<bool> Call::receiveHead() {
  const Clock::Time deadline = client_->clock_.now() + client_->settings_.timeouts.answer_max;
  renewParser();
  std::string trouble;
  for (int interim = 0; trouble.empty();) {
    boost::system::error_code error;
    in_.consume(parser_->put(in_.data(), error));
    if (error && error != beast_http::error::need_more) {
      trouble = describe(error);
    } else if (parser_->is_header_done()) {
      const unsigned status = parser_->get().result_int();
      const bool is_final = status >= 200 && status <= kStatusMax;
      if (is_final && fits(parser_->content_length_remaining().value_or(0))) {
        takeHead();
        co_return true;
      }
      if (is_final) {
        trouble = tooLarge();
      } else if (status < kStatusMin || status > kStatusMax) {
        trouble = fmt::format("its answer isn't HTTP: there is no status {:03}", status);
      } else if (status == 101 || ++interim > kInterimAnswersMax) {
        trouble = "its answer is none";  // 101 answers Upgrade, which no request here has.
      }
      renewParser();
    } else if (eof_) {
      trouble = "it closed the connection instead of an answer";
    } else {
      const auto left = std::chrono::ceil<milliseconds>(deadline - client_->clock_.now());
      trouble = co_await receive(std::max(left, milliseconds(1)));
      if (cancelled_) co_return false;
    }
  }
  failQuietly(std::move(trouble));
  state_ = State::kBusy;  // The caller gives the notice, or tries again.
  co_return false;
}

void Call::takeHead() {
  const auto& message = parser_->get();
  status_ = static_cast<std::uint16_t>(message.result_int());
  for (const auto& field : message) {
    fields_.add({field.name_string().data(), field.name_string().size()},
                {field.value().data(), field.value().size()});
  }
  releaseWhenWhole();
  tell(State::kAnswered);
}

// Gives the connection back to the pool as soon as all of the answer has come, even if the guest
// hasn't read it.
void Call::releaseWhenWhole() {
  if (!connection_) return;
  const auto left = parser_->content_length_remaining();
  const bool all_here = parser_->is_done() || (left && *left <= in_.size() && !parser_->chunked());
  if (!all_here) return;
  const std::size_t behind = in_.size() - (parser_->is_done() ? 0 : *left);
  if (parser_->keep_alive() && behind == 0 && !eof_) {
    client_->pool_.put(keyOf(request_), std::move(connection_));
  }
  connection_.reset();
}

std::optional<std::expected<std::size_t, Refusal>> Call::read(std::span<std::byte> out) {
  assert(!out.empty());
  if (filling_) return std::nullopt;
  if (const std::size_t count = state_ == State::kAnswered ? decode(out) : 0; count > 0) {
    releaseWhenWhole();
    return count;
  }
  if (state_ == State::kFailed) return std::unexpected(refusal_);
  if (parser_->is_done()) {
    releaseWhenWhole();
    return 0;
  }
  filling_ = true;
  run(fill(this));
  return std::nullopt;
}

asio::awaitable<void> Call::fill(Self /*kept*/) {
  std::string trouble = co_await receive(client_->settings_.timeouts.silence_max);
  filling_ = false;
  if (cancelled_) co_return;
  boost::system::error_code error;
  if (trouble.empty() && eof_) {
    parser_->put_eof(error);
    if (error) trouble = "it closed the connection in the midst of its answer";
  }
  if (trouble.empty()) {
    tell(State::kAnswered);
  } else {
    failQuietly(std::move(trouble));
    tell(State::kFailed);
  }
}

std::size_t Call::decode(std::span<std::byte> out) {
  auto& body = parser_->get().body();
  body.data = out.data();
  body.size = out.size();
  body.more = true;
  while (!parser_->is_done() && in_.size() > 0 && body.size > 0) {
    boost::system::error_code error;
    const std::size_t used = parser_->put(in_.data(), error);
    in_.consume(used);
    if (error == beast_http::error::need_more) break;
    if (error && error != beast_http::error::need_buffer) {
      failQuietly(describe(error));
      break;
    }
    if (used == 0 && !error) break;
  }
  const std::size_t count = out.size() - body.size;
  body_bytes_ += count;
  if (fits(body_bytes_)) return count;
  failQuietly(tooLarge());
  return 0;
}

}  // namespace wagi::outbound
