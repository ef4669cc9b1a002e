// A guest's stdin and stdout over an exchange.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "guest/gateway/answer.h"
#include "guest/wasi/streams.h"
#include "net/http/exchange.h"
#include "server/worker/spool.h"

namespace wagi::worker {

// The body: from the connection as it comes, or from the spool that holds it already.
class GuestStdin final : public wasi::Input {
 public:
  GuestStdin(http::Exchange& exchange, std::optional<Spool>& spool)
      : exchange_(exchange), spool_(spool) {}
  [[nodiscard]] std::optional<std::size_t> read(std::span<std::byte> out) override;
  [[nodiscard]] std::optional<std::size_t> available() override;

 private:
  http::Exchange& exchange_;
  std::optional<Spool>& spool_;
};

// The answer: the header block to the parser, what follows to the exchange.
class GuestStdout final : public wasi::Output {
 public:
  // Over it the guest is suspended until the client has taken what was written.
  static constexpr std::size_t kPendingBytesMax = 64 << 10;
  // The most that one call takes: a guest that writes more is told so, as by any pipe.
  static constexpr std::size_t kWriteBytesMax = 64 << 10;
  // A guest that goes on before its next check gets this far, then EAGAIN.
  static constexpr std::size_t kPendingBytesHardMax = 1 << 20;

  GuestStdout(http::Exchange& exchange, gateway::AnswerParser& parser)
      : exchange_(exchange), parser_(parser) {}
  [[nodiscard]] Written write(std::span<const std::byte> bytes) override;

 private:
  [[nodiscard]] bool failed() const {
    return parser_.state() == gateway::AnswerParser::State::kFailed;
  }
  [[nodiscard]] std::size_t writeHead(std::span<const std::byte> bytes);

  http::Exchange& exchange_;
  gateway::AnswerParser& parser_;
};

}  // namespace wagi::worker
