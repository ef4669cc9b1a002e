#include "net/http/http1_session.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "net/http/connections.h"

namespace wagi::http {

namespace asio = boost::asio;
using BodyTrouble = Http1Exchange::BodyTrouble;
using Persist = ResponseWriter::Persist;

namespace {

// Pipelined requests that are answered with one write, and how large it may get.
constexpr std::size_t kBurstMax = 16;
constexpr std::size_t kBurstBytesMax = 64 << 10;

}  // namespace

Http1Session::Http1Session(Connection& connection)
    : connection_(connection),
      parser_({connection.all().limits().head_bytes_max, connection.all().limits().fields_max}),
      exchange_(connection, parser_, writer_) {}

asio::awaitable<void> Http1Session::serve() {
  bool open = true;
  while (open) {
    open = co_await receiveHead();
    if (!open) break;
    exchange_.begin();
    std::unique_ptr<Task> task = connection_.all().handler().begin(exchange_);
    if (task) {
      exchange_.flush();
      co_await task->run();
      task.reset();
    }
    const Next next = finishAtOnce();
    if (next == Next::kAfterOthers) co_await connection_.waiter().letOthersRun();
    if (next == Next::kNotYet) open = co_await finish();
  }
  co_await close();
}

asio::awaitable<bool> Http1Session::receiveHead() {
  const Limits& limits = connection_.all().limits();
  Inbox& inbox = connection_.inbox();
  parser_.reset();
  bool begun = !inbox.raw().empty(), idle = false;
  Clock::Time deadline = connection_.now() + (begun ? limits.head_max : limits.idle_max);
  for (;;) {
    const RequestParser::State state = parser_.parseHead(inbox.raw());
    if (state == RequestParser::State::kDone) co_return true;
    if (state == RequestParser::State::kRefused) {
      refuse(parser_.refusal().status, parser_.refusal().detail);
      co_return false;
    }
    if (!exchange_.flush()) co_await drain();
    if (connection_.isLost() || connection_.inputEnded()) co_return false;
    if (!begun && !inbox.raw().empty()) {
      begun = true;
      deadline = connection_.now() + limits.head_max;
    }
    if (connection_.now() >= deadline) {
      if (begun) refuse(408, "The request's head didn't come in time.");
      co_return false;
    }
    // A request that has come already, unseen, is still answered.
    if (!begun && connection_.all().stopping() && !connection_.hasInput()) co_return false;
    connection_.receive(Inbox::kBlockBytes);
    if (begun) {
      co_await connection_.waiter().suspend(deadline);
    } else {
      if (!std::exchange(idle, true)) writer_.shrink();
      co_await connection_.waiter().suspendIdle(deadline);
    }
  }
}

Http1Session::Next Http1Session::finishAtOnce() {
  if (!writer_.ended() || writer_.closes() || !parser_.bodyComplete()) return Next::kNotYet;
  if (connection_.isLost() || exchange_.bodyTrouble() != BodyTrouble::kNone) return Next::kNotYet;
  const bool piped = !connection_.inbox().raw().empty();
  const bool goes_on = piped && ++burst_ < kBurstMax;
  bool burst_ended = false;
  if (!goes_on || writer_.pendingBytes() > kBurstBytesMax) {
    burst_ = 0;
    burst_ended = piped;
    if (!exchange_.flush()) return Next::kNotYet;
  }
  exchange_.finish();
  return burst_ended ? Next::kAfterOthers : Next::kNow;
}

asio::awaitable<bool> Http1Session::finish() {
  const Limits& limits = connection_.all().limits();
  Inbox& inbox = connection_.inbox();
  settleAnswer();
  bool keep = !writer_.closes();
  std::uint64_t discarded = 0;
  connection_.beginSilence();
  // However steadily the client takes it: a byte now and then is no stall, and would never end.
  const Clock::Time answer_by = answerDeadline();
  for (;;) {
    exchange_.flush();
    exchange_.decodeBody();
    discarded += inbox.ready().size();
    inbox.dropReady(inbox.ready().size());
    const bool in_trouble = exchange_.bodyTrouble() != BodyTrouble::kNone;
    const bool late = connection_.now() >= answer_by;
    const Clock::Time silent = connection_.receivedAt() + limits.io_max;
    if (connection_.isLost() || connection_.isStalled() || late) keep = false;
    if (discarded > limits.discard_bytes_max || in_trouble) keep = false;
    if (!parser_.bodyComplete() && (connection_.inputEnded() || connection_.now() >= silent)) {
      keep = false;
    }
    const bool drained = writer_.pendingBytes() == 0;
    if (connection_.isLost() || connection_.isStalled() || (!drained && late)) break;
    if (drained && (!keep || parser_.bodyComplete())) break;
    // The body is received while the answer leaves, too: a client may read only when it has sent
    // everything.
    if (!parser_.bodyComplete() && !in_trouble) exchange_.receiveBody();
    const bool reading = keep && !parser_.bodyComplete();
    const Clock::Time stuck = std::min(connection_.sendDeadline(), answer_by);
    co_await connection_.waiter().suspend(reading ? std::min(stuck, silent) : stuck);
  }
  if (!parser_.bodyComplete() || !inbox.raw().empty()) rest_ = keep ? Rest::kNone : Rest::kDropped;
  if (writer_.pendingBytes() > 0) connection_.lose();
  exchange_.finish();
  co_return keep;
}

// Makes an answer of what the handler left.
void Http1Session::settleAnswer() {
  if (exchange_.bodyTrouble() != BodyTrouble::kNone && writer_.retractable()) {
    writer_.retract();
    if (exchange_.bodyTrouble() == BodyTrouble::kSilence) {
      refuse(408, "The request's body didn't come in time.");
    } else {
      refuse(400, "The request's body is malformed.");
    }
    return;
  }
  if (writer_.ended()) return;
  if (writer_.started() || connection_.inputEnded()) {
    writer_.abort();
  } else {
    refuse(500, "The request was left without an answer.");
  }
}

// Answers in the handler's place; the connection ends with it.
void Http1Session::refuse(int status, std::string_view detail) {
  const Field type{"Content-Type", "text/plain; charset=utf-8"};
  writer_.reset({.is_head = exchange_.isOpen() && parser_.head().method == "HEAD"});
  writer_.start({status, {}, {&type, 1}}, std::nullopt, connection_.all().standardFields());
  writer_.write(detail);
  writer_.write("\n");
  writer_.end(Persist::kClose);
  rest_ = Rest::kDropped;
}

// Until what is ready was handed to the kernel, or the client doesn't take it.
asio::awaitable<void> Http1Session::drain() {
  while (!exchange_.flush() && !connection_.isLost()) {
    if (connection_.isStalled()) {
      connection_.lose();
      break;
    }
    co_await connection_.waiter().suspend(connection_.sendDeadline());
  }
}

asio::awaitable<void> Http1Session::close() {
  co_await drain();
  if (connection_.isLost() || (writer_.aborted() && writer_.endsByClose())) {
    connection_.reset();
    co_return;
  }
  // An answer that was cut short lacks TLS's own end, too.
  if (!writer_.aborted()) connection_.endTls();
  if (rest_ == Rest::kDropped && !connection_.inputEnded()) co_await connection_.linger();
  connection_.close();
}

Clock::Time Http1Session::answerDeadline() {
  const Clock::Time deadline = exchange_.waiter().deadline();
  if (deadline == Clock::kNever) return deadline;
  return std::max(deadline, connection_.now()) + connection_.all().limits().io_max;
}

}  // namespace wagi::http
