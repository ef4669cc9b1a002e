#include "net/http/session.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <cstdlib>
#include <exception>
#include <utility>

#include "net/http/sessions.h"

namespace wagi::http {

namespace asio = boost::asio;
using Persist = ResponseWriter::Persist;
using Status = IoResult::Status;

namespace {

// Pipelined requests that are answered with one write, and how large it may get.
constexpr std::size_t kBurstMax = 16;
constexpr std::size_t kBurstBytesMax = 64 << 10;
// How long a client whose input is no longer wanted gets to read the answer: closing sooner could
// reset the connection under it (RFC 9112 9.6).
constexpr std::chrono::milliseconds kLingerMax{2'000};

}  // namespace

Session::Session(Sessions& sessions, UniqueFd socket, int family, std::string remote_address,
                 const TlsContext* tls)
    : sessions_(sessions),
      remote_address_(std::move(remote_address)),
      connection_(sessions.io(), std::move(socket), family, tls),
      inbox_(std::max({sessions.limits().head_bytes_max, sessions.limits().read_buffer_bytes_max,
                       Inbox::kBlockBytes})),
      parser_({sessions.limits().head_bytes_max, sessions.limits().fields_max}) {}

void Session::begin() {
  asio::co_spawn(sessions_.io().get_executor(), run(),
                 [self = boost::intrusive_ptr<Session>(this)](std::exception_ptr thrown) {
                   if (thrown) std::terminate();  // Only what nobody can handle is thrown here.
                 });
}

void Session::wake() {
  if (!resume_) return;
  Resume resume = std::move(*resume_);
  resume_.reset();
  resume();
}

bool Session::noticeEnd() {
  if (!in_exchange_ || reading_ || dead_ || eof_ || ended_unread_) return false;
  return ended_unread_ = connection_.hasEnded();
}

void Session::kill() {
  dead_ = true;
  connection_.close();
  wake();
  if (!boost::intrusive::list_base_hook<>::is_linked()) return;
  spdlog::critical("a task waits for something outside of its exchange");
  std::abort();
}

asio::awaitable<void> Session::run() {
  bool open = connection_.isOpen();
  if (open && connection_.isTls()) open = co_await shakeHands();
  while (open) {
    open = co_await receiveHead();
    if (!open) break;
    beginExchange();
    std::unique_ptr<Task> task = sessions_.handler().begin(*this);
    if (task) {
      sessions_.park(*this, Sessions::Parking::kWithin);
      flush();
      co_await task->run();
      task.reset();
    }
    if (finishAtOnce()) {
      if (std::exchange(burst_ended_, false)) co_await letOthersRun();
      continue;
    }
    open = co_await finishExchange();
  }
  co_await close();
  sessions_.remove(*this);
}

asio::awaitable<bool> Session::shakeHands() {
  const Clock::time_point deadline = sessions_.now() + sessions_.limits().head_max;
  while (!dead_ && sessions_.now() < deadline) {
    const IoResult result = connection_.handshake();
    if (result.status == Status::kDone) co_return true;
    if (result.status != Status::kWantRead && result.status != Status::kWantWrite) {
      if (connection_.sawPlainHttp()) {
        connection_.writePlain(
            "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
            "This port speaks TLS, not plain HTTP.\n");
      }
      break;
    }
    if (!reading_) {
      reading_ = true;
      connection_.asyncHandshakeReady([self = boost::intrusive_ptr<Session>(this)] {
        self->reading_ = false;
        self->wake();
      });
    }
    co_await suspendUntil(deadline);
  }
  connection_.close();  // In order: the alert that says why must arrive.
  dead_ = true;
  co_return false;
}

asio::awaitable<bool> Session::receiveHead() {
  const Limits& limits = sessions_.limits();
  parser_.reset();
  bool begun = !inbox_.raw().empty(), parked = false;
  Clock::time_point deadline = sessions_.now() + (begun ? limits.head_max : limits.idle_max);
  for (;;) {
    const RequestParser::State state = parser_.parseHead(inbox_.raw());
    if (state == RequestParser::State::kDone) co_return true;
    if (state == RequestParser::State::kRefused) {
      refuse(parser_.refusal().status, parser_.refusal().detail);
      co_return false;
    }
    if (!flush()) co_await drain();
    if (dead_ || eof_) co_return false;
    if (!begun && !inbox_.raw().empty()) {
      begun = true;
      deadline = sessions_.now() + limits.head_max;
    }
    if (sessions_.now() >= deadline) {
      if (begun) refuse(408, "The request's head didn't come in time.");
      co_return false;
    }
    // A request that has come already, unseen, is still answered.
    if (!begun && sessions_.stopping() && !connection_.hasInput()) co_return false;
    armRead(Inbox::kBlockBytes);
    if (begun) {
      sessions_.park(*this, Sessions::Parking::kWithin);
    } else if (!parked) {
      parked = true;
      writer_.shrink();
      sessions_.park(*this, Sessions::Parking::kBetweenRequests);
    }
    co_await suspendUntil(deadline);
  }
}

void Session::beginExchange() {
  in_exchange_ = true;
  continued_ = abandoned_ = notified_ = false;
  body_trouble_ = BodyTrouble::kNone;
  body_bytes_max_ = 0;
  part_due_.reset();
  deadline_ = Clock::time_point::max();
  RequestHead& head = parser_.head();
  head.scheme = connection_.isTls() ? "https" : "http";
  head.remote_address = remote_address_;
  head.client_certificate = connection_.clientCertificate();
  inbox_.dropRaw(parser_.headBytes());
  inbox_.pin();
  writer_.reset({.is_head = head.method == "HEAD", .is_http_1_0 = parser_.isHttp10()});
  decodeBody();
}

// True: the connection goes on with the next request, and nothing had to be waited for.
bool Session::finishAtOnce() {
  if (!writer_.ended() || writer_.closes() || !parser_.bodyComplete() || dead_) return false;
  if (body_trouble_ != BodyTrouble::kNone) return false;
  const bool more = !inbox_.raw().empty() && ++burst_ < kBurstMax;
  if (!more || writer_.pendingBytes() > kBurstBytesMax) {
    burst_ = 0;
    burst_ended_ = more || !inbox_.raw().empty();
    if (!flush()) return false;
  }
  endExchange();
  return true;
}

asio::awaitable<bool> Session::finishExchange() {
  const Limits& limits = sessions_.limits();
  sessions_.park(*this, Sessions::Parking::kWithin);
  settleAnswer();
  bool keep = !writer_.closes() && !abandoned_;
  std::uint64_t discarded = 0;
  read_at_ = sessions_.now();
  // However steadily the client takes it: a byte now and then is no stall, and would never end.
  const Clock::time_point answer_by = answerDeadline();
  for (;;) {
    flush();
    discarded += inbox_.ready().size();
    inbox_.dropReady(inbox_.ready().size());
    if (dead_ || writeStalled() || sessions_.now() >= answer_by) keep = false;
    if (discarded > limits.discard_bytes_max || body_trouble_ != BodyTrouble::kNone) keep = false;
    if (!parser_.bodyComplete() && (eof_ || sessions_.now() >= read_at_ + limits.io_max)) {
      keep = false;
    }
    const bool drained = writer_.pendingBytes() == 0;
    if (dead_ || writeStalled() || (!drained && sessions_.now() >= answer_by)) break;
    if (drained && (!keep || parser_.bodyComplete())) break;
    // Also while the answer leaves: a client may read only when it has sent everything.
    if (!parser_.bodyComplete() && body_trouble_ == BodyTrouble::kNone) armRead(bodyBytesWanted());
    const bool reading = keep && !parser_.bodyComplete();
    const auto silent = reading ? read_at_ + limits.io_max : Clock::time_point::max();
    co_await suspendUntil(std::min(std::min(writeDeadline(), silent), answer_by));
  }
  if (!parser_.bodyComplete() || !inbox_.raw().empty()) input_lost_ = !keep;
  if (writer_.pendingBytes() > 0) dead_ = true;
  endExchange();
  co_return keep;
}

// Makes an answer of what the handler left.
void Session::settleAnswer() {
  if (body_trouble_ != BodyTrouble::kNone && writer_.retractable()) {
    writer_.retract();
    if (body_trouble_ == BodyTrouble::kSilence) {
      refuse(408, "The request's body didn't come in time.");
    } else {
      refuse(400, "The request's body is malformed.");
    }
    return;
  }
  if (writer_.ended()) return;
  if (writer_.started()) {
    writer_.abort();
  } else if (!abandoned_ && !eof_) {
    refuse(500, "The request was left without an answer.");
  } else {
    abandoned_ = true;
  }
}

void Session::endExchange() {
  in_exchange_ = false;
  if (timer_) timer_->cancel();
  inbox_.dropReady(inbox_.ready().size());
  inbox_.unpin();
}

// Answers in the handler's place; the connection ends with it.
void Session::refuse(int status, std::string_view detail) {
  const Field type{"Content-Type", "text/plain; charset=utf-8"};
  writer_.reset({.is_head = in_exchange_ && parser_.head().method == "HEAD"});
  writer_.start({status, {}, {&type, 1}}, std::nullopt, sessions_.standardFields());
  writer_.write(detail);
  writer_.write("\n");
  writer_.end(Persist::kClose);
  input_lost_ = true;
}

// Until what is ready was handed to the kernel, or the client doesn't take it.
asio::awaitable<void> Session::drain() {
  while (!flush() && !dead_) {
    if (writeStalled()) {
      dead_ = true;
      break;
    }
    co_await suspendUntil(writeDeadline());
  }
}

asio::awaitable<void> Session::linger() {
  connection_.shutdownWrite();
  const Clock::time_point deadline = sessions_.now() + kLingerMax;
  while (!eof_ && !dead_ && sessions_.now() < deadline) {
    inbox_.dropRaw(inbox_.raw().size());
    armRead(Inbox::kBlockBytes);
    co_await suspendUntil(deadline);
  }
}

asio::awaitable<void> Session::close() {
  co_await drain();
  if (dead_ || (writer_.aborted() && writer_.endsByClose())) {
    connection_.closeWithReset();
  } else {
    // An answer that was cut short lacks TLS's own end, too.
    if (!writer_.aborted() && !abandoned_) connection_.endTls();
    if (input_lost_ && !eof_) co_await linger();
    connection_.close();
  }
  dead_ = true;
  timer_.reset();
}

}  // namespace wagi::http
