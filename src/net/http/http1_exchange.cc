#include "net/http/http1_exchange.h"

#include <algorithm>
#include <cstring>

#include "net/http/connections.h"

namespace wagi::http {

using For = loop::Wait::For;

Http1Exchange::Http1Exchange(Connection& connection, RequestParser& parser, ResponseWriter& writer)
    : Exchange(connection.waiter()), connection_(connection), parser_(parser), writer_(writer) {
  waiter().attach(this);
}

Http1Exchange::~Http1Exchange() { waiter().attach(nullptr); }

void Http1Exchange::begin() {
  open_ = true;
  continue_sent_ = false;
  body_trouble_ = BodyTrouble::kNone;
  part_due_.reset();
  waiter().renew();
  RequestHead& head = parser_.head();
  head.scheme = connection_.isTls() ? "https" : "http";
  head.remote_address = connection_.remoteAddress();
  head.client_certificate = connection_.clientCertificate();
  connection_.inbox().dropRaw(parser_.headBytes());
  connection_.inbox().pin();
  writer_.reset({.is_head = head.method == "HEAD", .is_http_1_0 = parser_.isHttp10()});
  decodeBody();
}

void Http1Exchange::finish() {
  open_ = false;
  Inbox& inbox = connection_.inbox();
  inbox.dropReady(inbox.ready().size());
  inbox.unpin();
}

std::size_t Http1Exchange::readBody(std::span<std::byte> out) {
  const std::string_view ready = connection_.inbox().ready();
  const std::size_t count = std::min(out.size(), ready.size());
  if (count == 0) return 0;
  std::memcpy(out.data(), ready.data(), count);
  connection_.inbox().dropReady(count);
  return count;
}

void Http1Exchange::start(const ResponseHead& head, std::optional<std::uint64_t> content_length) {
  writer_.start(head, content_length, connection_.all().standardFields());
}

void Http1Exchange::write(std::span<const std::byte> bytes) {
  writer_.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

bool Http1Exchange::end() { return writer_.end(persist(Moment::kEnd)); }

void Http1Exchange::abort() {
  if (!writer_.ended()) writer_.abort();
}

bool Http1Exchange::retract() {
  if (!writer_.retractable()) return false;
  writer_.retract();
  return true;
}

void Http1Exchange::beginWait(const loop::Wait& wait) {
  wait_ = wait;
  if (wait.what == For::kInput) {
    sendContinue();
    connection_.beginSilence();
  }
  if (wait.what != For::kTurn) {
    endPart();
    return;
  }
  const Clock::Time now = waiter().clock().now();  // The connection's is too coarse.
  if (!part_due_) part_due_ = now + kPartAfter;
  if (now < *part_due_) return;
  endPart();
  flush();
  part_due_ = now + kPartAfter;
}

loop::Peer::Standing Http1Exchange::look() {
  flush();
  decodeBody();
  if (connection_.isStalled()) connection_.lose();
  if (connection_.isLost() || body_trouble_ != BodyTrouble::kNone) return Standing::kLost;
  // A client that has sent its whole request and then its end may still read, but it can't be told
  // from one that has gone: it counts as gone. Who waits for its body takes what is unread first.
  const bool left = wait_.what == For::kInput ? connection_.inputEnded() : connection_.clientLeft();
  if (left) return Standing::kLeft;
  const Clock::Time now = connection_.now();
  if (now < silenceDeadline() || now >= waiter().deadline()) return Standing::kThere;
  body_trouble_ = BodyTrouble::kSilence;
  return Standing::kLost;
}

Clock::Time Http1Exchange::listen() {
  if (wait_.what == For::kInput) {
    receiveBody();  // There is room: framing is decoded as it comes, and not kept.
  } else {
    receive(Inbox::kBlockBytes);
  }
  return std::min(connection_.sendDeadline(), silenceDeadline());
}

bool Http1Exchange::hasLeftUnseen() { return open_ && connection_.hasLeftUnseen(); }

Clock::Time Http1Exchange::silenceDeadline() const {
  if (wait_.what != For::kInput || wait_.until) return Clock::kNever;
  return connection_.receivedAt() + connection_.all().limits().io_max;
}

void Http1Exchange::receiveBody() {
  const std::size_t bytes_max = connection_.all().limits().read_buffer_bytes_max;
  const auto remaining = parser_.bodyRemaining();
  receive(remaining ? static_cast<std::size_t>(std::min<std::uint64_t>(*remaining, bytes_max))
                    : bytes_max);
}

void Http1Exchange::receive(std::size_t wanted) {
  connection_.receive(wanted, connection_.all().limits().read_buffer_bytes_max);
}

void Http1Exchange::decodeBody() {
  if (parser_.bodyComplete() || body_trouble_ != BodyTrouble::kNone) return;
  if (!parser_.decodeBody(connection_.inbox())) body_trouble_ = BodyTrouble::kMalformed;
}

bool Http1Exchange::flush() {
  const std::string_view unsent = writer_.unsent();
  if (unsent.empty() || connection_.isLost()) return true;
  const std::size_t count = connection_.send(unsent);
  writer_.sent(count);
  return count == unsent.size();
}

// Frames the bytes that the handler has written so far, so that they leave as a part.
void Http1Exchange::endPart() {
  if (writer_.started() && !writer_.ended()) writer_.frame(persist(Moment::kPart));
}

void Http1Exchange::sendContinue() {
  if (continue_sent_ || !parser_.expectsContinue() || writer_.started()) return;
  // A client that didn't wait for it needs none (RFC 9110 10.1.1).
  if (bodyComplete() || bodyAvailable() > 0) return;
  continue_sent_ = true;
  writer_.writeContinue();
}

ResponseWriter::Persist Http1Exchange::persist(Moment moment) const {
  Connections& all = connection_.all();
  if (!parser_.keepAlive() || all.draining()) return Persist::kClose;
  if (parser_.bodyComplete()) return Persist::kKeep;
  // Nobody can know whether a client that was not told to go on sends its body.
  if (parser_.expectsContinue() && !continue_sent_) return Persist::kClose;
  if (moment == Moment::kPart) return Persist::kKeep;  // The handler may read the rest yet.
  const auto remaining = parser_.bodyRemaining();
  const bool discardable = !remaining || *remaining <= all.limits().discard_bytes_max;
  return discardable ? Persist::kKeep : Persist::kClose;
}

}  // namespace wagi::http
