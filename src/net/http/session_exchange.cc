// The bytes of a session, and the waits of its handler.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstring>
#include <utility>

#include "net/http/session.h"
#include "net/http/sessions.h"

namespace wagi::http {

namespace asio = boost::asio;
using Persist = ResponseWriter::Persist;
using Status = IoResult::Status;

std::size_t Session::readBody(std::span<std::byte> out) {
  const std::string_view ready = inbox_.ready();
  const std::size_t count = std::min(out.size(), ready.size());
  if (count == 0) return 0;
  std::memcpy(out.data(), ready.data(), count);
  inbox_.dropReady(count);
  return count;
}

void Session::start(const ResponseHead& head, std::optional<std::uint64_t> content_length) {
  writer_.start(head, content_length, sessions_.standardFields());
}

void Session::write(std::span<const std::byte> bytes) {
  writer_.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

bool Session::end() { return writer_.end(persist(Moment::kEnd)); }

void Session::abort() {
  if (writer_.started() && !writer_.ended()) {
    writer_.abort();
  } else {
    abandoned_ = true;
  }
}

bool Session::retract() {
  if (!writer_.retractable()) return false;
  writer_.retract();
  return true;
}

asio::awaitable<Wake> Session::waitBody() {
  sendContinue();
  sendPart();
  read_at_ = sessions_.now();
  for (;;) {
    if (const auto wake = interrupted()) co_return *wake;
    const bool chunked = parser_.head().chunked;
    if (chunked && body_bytes_max_ > 0 && parser_.bodyBytes() > body_bytes_max_) {
      co_return Wake::kTooLarge;
    }
    if (bodyAvailable() > 0 || bodyComplete()) co_return Wake::kReady;
    if (eof_) co_return Wake::kGone;
    const Clock::time_point silent = read_at_ + sessions_.limits().io_max;
    if (sessions_.now() >= silent) body_trouble_ = BodyTrouble::kSilence;
    armRead(bodyBytesWanted());  // There is room: framing is decoded as it comes, and not kept.
    if (body_trouble_ != BodyTrouble::kNone) co_return Wake::kGone;
    co_await suspendUntil(std::min(silent, waitDeadline()));
    flush();
  }
}

asio::awaitable<Wake> Session::waitDrained() {
  sendPart();
  // However fast the client reads: a guest that only writes must not keep the loop from turning.
  if (writer_.pendingBytes() == 0) co_await letOthersRun();
  for (;;) {
    if (const auto wake = interrupted()) co_return *wake;
    if (writer_.pendingBytes() == 0) co_return Wake::kReady;
    if (eof_ || ended_unread_) co_return Wake::kGone;
    armRead(Inbox::kBlockBytes);
    co_await suspendUntil(waitDeadline());
    flush();
  }
}

asio::awaitable<Wake> Session::waitUntil(Clock::time_point when, OrBody or_body) {
  const bool body = or_body == OrBody::kYes;
  if (body) sendContinue();
  sendPart();
  for (;;) {
    if (const auto wake = interrupted()) co_return *wake;
    if (body && (bodyAvailable() > 0 || bodyComplete())) co_return Wake::kReady;
    if (Clock::now() >= when) co_return Wake::kReady;
    // A client that has sent its whole request and then its end may still read, but it can't be
    // told from one that has gone: it counts as gone.
    if (eof_ || ended_unread_) co_return Wake::kGone;
    armRead(body ? bodyBytesWanted() : Inbox::kBlockBytes);
    armTimer(when);
    co_await suspendUntil(waitDeadline());
    flush();
  }
}

asio::awaitable<Wake> Session::waitNotified() {
  sendPart();
  for (;;) {
    if (const auto wake = interrupted()) co_return *wake;
    if (std::exchange(notified_, false)) co_return Wake::kReady;
    if (eof_ || ended_unread_) co_return Wake::kGone;
    armRead(Inbox::kBlockBytes);
    co_await suspendUntil(waitDeadline());
    flush();
  }
}

void Session::notify() {
  if (std::exchange(notified_, true)) return;
  asio::post(sessions_.io(), [self = boost::intrusive_ptr<Session>(this)] { self->wake(); });
}

asio::awaitable<Wake> Session::yield(Exchange::Turn turn) {
  const Clock::time_point now = Clock::now();  // That of the sessions is too coarse.
  if (!part_due_) part_due_ = now + kPartAfter;
  if (now >= *part_due_) {
    sendPart();
    part_due_ = now + kPartAfter;
  }
  sessions_.turns().add(*this, turn);
  // Bytes that come meanwhile wake it, too, but must not bring its turn forward.
  do {
    armRead(Inbox::kBlockBytes);
    co_await suspendUntil(waitDeadline());
    flush();
    auto wake = interrupted();
    if (!wake && (eof_ || ended_unread_)) wake = Wake::kGone;
    if (!wake) continue;
    leaveTurns();
    co_return *wake;
  } while (waitsForTurn());
  co_return Wake::kReady;
}

// Not a coroutine itself, as suspendUntil().
asio::awaitable<void> Session::letOthersRun() {
  // Behind what the loop has queued already, which includes its look at the sockets.
  asio::post(sessions_.io(), [self = boost::intrusive_ptr<Session>(this)] { self->wake(); });
  return suspendUntil(Clock::time_point::max());
}

// Not a coroutine itself: one frame less for each wait.
asio::awaitable<void> Session::suspendUntil(Clock::time_point deadline) {
  wake_at_ = deadline;
  return asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      [this](Resume resume) { resume_.emplace(std::move(resume)); }, asio::use_awaitable);
}

bool Session::armRead(std::size_t wanted) {
  if (reading_) return true;
  if (eof_ || dead_) return false;
  const std::size_t used = inbox_.ready().size() + inbox_.raw().size();
  if (in_exchange_ && used >= sessions_.limits().read_buffer_bytes_max) return false;
  const std::span<char> space = inbox_.space(wanted);
  if (space.empty()) return false;
  reading_ = true;
  connection_.asyncRead(space, [self = boost::intrusive_ptr<Session>(this)](IoResult result) {
    self->reading_ = false;
    self->onRead(result);
  });
  return true;
}

void Session::onRead(IoResult result) {
  if (dead_) return;  // Perhaps without sessions_: it may have been killed.
  switch (result.status) {
    case Status::kDone:
      inbox_.commit(result.count);
      read_at_ = sessions_.now();
      if (in_exchange_) decodeBody();
      break;
    case Status::kWantRead:
    case Status::kWantWrite:
      armRead(Inbox::kBlockBytes);
      return;
    case Status::kEof:
      eof_ = true;
      break;
    case Status::kFailed:
      dead_ = true;
      break;
  }
  wake();
}

void Session::decodeBody() {
  if (parser_.bodyComplete() || body_trouble_ != BodyTrouble::kNone) return;
  if (!parser_.decodeBody(inbox_)) body_trouble_ = BodyTrouble::kMalformed;
}

bool Session::flush() {
  for (;;) {
    const std::string_view unsent = writer_.unsent();
    if (unsent.empty() || dead_) {
      blocked_ = false;
      return true;
    }
    const IoResult result = connection_.write(unsent);
    if (result.status == Status::kDone) {
      writer_.sent(result.count);
      written_at_ = sessions_.now();
      continue;
    }
    if (result.status == Status::kFailed || result.status == Status::kEof) {
      dead_ = true;
      return false;
    }
    if (!blocked_) written_at_ = sessions_.now();
    blocked_ = true;
    armWrite();
    return false;
  }
}

void Session::armWrite() {
  if (writing_) return;
  writing_ = true;
  connection_.asyncWriteReady([self = boost::intrusive_ptr<Session>(this)] {
    self->writing_ = false;
    self->wake();
  });
}

void Session::armTimer(Clock::time_point when) {
  if (!timer_) timer_.emplace(sessions_.io());
  timer_->expires_at(when);
  timer_->async_wait([self = boost::intrusive_ptr<Session>(this)](const auto& error) {
    if (!error) self->wake();
  });
}

// What the handler has written so far leaves as a part.
void Session::sendPart() {
  if (writer_.started() && !writer_.ended()) writer_.frame(persist(Moment::kPart));
  flush();
}

void Session::sendContinue() {
  if (continued_ || !parser_.expectsContinue() || writer_.started()) return;
  // A client that didn't wait for it needs none (RFC 9110 10.1.1).
  if (bodyComplete() || bodyAvailable() > 0) return;
  continued_ = true;
  writer_.writeContinue();
}

Persist Session::persist(Moment moment) const {
  if (!parser_.keepAlive() || sessions_.draining()) return Persist::kClose;
  if (parser_.bodyComplete()) return Persist::kKeep;
  // Nobody can know whether a client that was not told to go on sends its body.
  if (parser_.expectsContinue() && !continued_) return Persist::kClose;
  if (moment == Moment::kPart) return Persist::kKeep;  // The handler may read the rest yet.
  const auto remaining = parser_.bodyRemaining();
  const bool discardable = !remaining || *remaining <= sessions_.limits().discard_bytes_max;
  return discardable ? Persist::kKeep : Persist::kClose;
}

std::size_t Session::bodyBytesWanted() const {
  const std::size_t bytes_max = sessions_.limits().read_buffer_bytes_max;
  const auto remaining = parser_.bodyRemaining();
  if (!remaining) return bytes_max;
  return static_cast<std::size_t>(std::min<std::uint64_t>(*remaining, bytes_max));
}

bool Session::writeStalled() const { return blocked_ && sessions_.now() >= writeDeadline(); }

Clock::time_point Session::writeDeadline() const {
  return blocked_ ? written_at_ + sessions_.limits().io_max : Clock::time_point::max();
}

Clock::time_point Session::answerDeadline() const {
  if (deadline_ == Clock::time_point::max()) return deadline_;
  return std::max(deadline_, sessions_.now()) + sessions_.limits().io_max;
}

Clock::time_point Session::waitDeadline() const { return std::min(deadline_, writeDeadline()); }

std::optional<Wake> Session::interrupted() {
  if (writeStalled()) dead_ = true;
  if (dead_ || body_trouble_ != BodyTrouble::kNone) return Wake::kGone;
  if (sessions_.now() >= deadline_) return Wake::kExpired;
  return std::nullopt;
}

}  // namespace wagi::http
