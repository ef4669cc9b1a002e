#include "net/http/connection.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstdlib>
#include <exception>
#include <utility>

#include "net/http/connections.h"
#include "net/http/http1_session.h"

namespace wagi::http {

namespace asio = boost::asio;
using Self = boost::intrusive_ptr<Connection>;
using Status = IoResult::Status;

namespace {

// How long a client whose input is no longer wanted gets to read the answer.
constexpr std::chrono::milliseconds kLingerMax{2'000};

}  // namespace

Connection::Connection(Connections& all, UniqueFd socket, int family, std::string remote_address,
                       const TlsContext* tls)
    : all_(all),
      loop_(all.loop()),
      waiter_(loop_),
      remote_address_(std::move(remote_address)),
      socket_(loop_.io(), std::move(socket), family, tls),
      inbox_(std::max(
          {all.limits().head_bytes_max, all.limits().read_buffer_bytes_max, Inbox::kBlockBytes})) {}

void Connection::begin() {
  asio::co_spawn(loop_.io().get_executor(), run(), [self = Self(this)](std::exception_ptr thrown) {
    if (thrown) std::terminate();  // Only what nobody can handle is thrown here.
  });
}

void Connection::kill() {
  lose();
  socket_.close();
  waiter_.wake();
  if (!boost::intrusive::list_base_hook<>::is_linked()) return;
  spdlog::critical("a task waits for something outside of its exchange");
  std::abort();
}

asio::awaitable<void> Connection::run() {
  bool stands = socket_.isOpen();
  if (stands && isTls()) stands = co_await shakeHands();
  if (stands) {
    Http1Session session(*this);
    co_await session.serve();
  }
  socket_.close();
  lose();
  all_.remove(*this);
}

asio::awaitable<bool> Connection::shakeHands() {
  const Clock::Time deadline = now() + all_.limits().head_max;
  while (!isLost() && now() < deadline) {
    const IoResult result = socket_.handshake();
    if (result.status == Status::kDone) co_return true;
    if (result.status != Status::kWantRead && result.status != Status::kWantWrite) {
      if (socket_.sawPlainHttp()) {
        socket_.writePlain(
            "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
            "This port speaks TLS, not plain HTTP.\n");
      }
      break;
    }
    if (!receiving_) {
      receiving_ = true;
      socket_.asyncHandshakeReady([self = Self(this)] {
        self->receiving_ = false;
        self->waiter_.wake();
      });
    }
    co_await waiter_.suspend(deadline);
  }
  co_return false;  // And closed in order: the alert that says why must arrive.
}

void Connection::receive(std::size_t wanted, std::size_t unread_max) {
  if (receiving_ || inputEnded() || isLost()) return;
  if (inbox_.ready().size() + inbox_.raw().size() >= unread_max) return;
  const std::span<char> space = inbox_.space(wanted);
  if (space.empty()) return;
  receiving_ = true;
  socket_.asyncRead(space, [self = Self(this)](IoResult result) {
    self->receiving_ = false;
    self->onReceived(result);
  });
}

void Connection::onReceived(IoResult result) {
  if (isLost()) return;
  switch (result.status) {
    case Status::kDone:
      inbox_.commit(result.count);
      received_at_ = now();
      break;
    case Status::kWantRead:
    case Status::kWantWrite:
      receive(Inbox::kBlockBytes);
      return;
    case Status::kEof:
      state_ = State::kEnded;
      break;
    case Status::kFailed:
      lose();
      break;
  }
  waiter_.wake();
}

bool Connection::hasLeftUnseen() {
  if (receiving_ || state_ != State::kOpen || !socket_.hasEnded()) return false;
  state_ = State::kEndsUnread;
  return true;
}

std::size_t Connection::send(std::string_view bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size() && !isLost()) {
    const IoResult result = socket_.write(bytes.substr(sent));
    if (result.status == Status::kDone) {
      sent += result.count;
    } else if (result.status == Status::kFailed || result.status == Status::kEof) {
      lose();
    } else {
      if (sent > 0 || !blocked_since_) blocked_since_ = now();
      awaitSendable();
      return sent;
    }
  }
  blocked_since_.reset();
  return sent;
}

void Connection::awaitSendable() {
  if (awaiting_sendable_) return;
  awaiting_sendable_ = true;
  socket_.asyncWriteReady([self = Self(this)] {
    self->awaiting_sendable_ = false;
    self->waiter_.wake();
  });
}

Clock::Time Connection::sendDeadline() const {
  return blocked_since_ ? *blocked_since_ + all_.limits().io_max : Clock::kNever;
}

void Connection::close() {
  socket_.close();
  lose();
}

void Connection::reset() {
  socket_.closeWithReset();
  lose();
}

asio::awaitable<void> Connection::linger() {
  socket_.shutdownWrite();
  const Clock::Time deadline = now() + kLingerMax;
  while (!inputEnded() && !isLost() && now() < deadline) {
    inbox_.dropRaw(inbox_.raw().size());
    receive(Inbox::kBlockBytes);
    co_await waiter_.suspend(deadline);
  }
}

}  // namespace wagi::http
