#include "server/worker/streams.h"

#include <algorithm>

namespace wagi::worker {

using State = gateway::AnswerParser::State;

std::optional<std::size_t> GuestStdin::read(std::span<std::byte> out) {
  if (spool_) return spool_->read(out);
  // Asked before the read: the last bytes may be followed by nothing.
  const bool complete = exchange_.bodyComplete();
  const std::size_t count = exchange_.readBody(out);
  if (count == 0 && !complete) return std::nullopt;
  return count;
}

std::optional<std::size_t> GuestStdin::available() {
  if (spool_) return spool_->unread();
  const std::size_t count = exchange_.bodyAvailable();
  if (count == 0 && !exchange_.bodyComplete()) return std::nullopt;
  return count;
}

wasi::Output::Written GuestStdout::write(std::span<const std::byte> bytes) {
  if (failed()) return {0, Status::kClosed};
  if (exchange_.pendingBytes() > kPendingBytesHardMax) return {0, Status::kAgain};
  bytes = bytes.first(std::min(bytes.size(), kWriteBytesMax));
  const std::size_t taken = parser_.state() == State::kMore ? writeHead(bytes) : 0;
  if (failed()) return {bytes.size(), Status::kFailed};
  if (taken < bytes.size()) exchange_.write(bytes.subspan(taken));
  const bool filled = exchange_.pendingBytes() > kPendingBytesMax;
  return {bytes.size(), filled ? Status::kFilled : Status::kOk};
}

std::size_t GuestStdout::writeHead(std::span<const std::byte> bytes) {
  const std::size_t taken =
      parser_.feed({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (parser_.state() == State::kHead) exchange_.start(parser_.head(), parser_.contentLength());
  return taken;
}

}  // namespace wagi::worker
