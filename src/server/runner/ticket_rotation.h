// The keys of session tickets over the life of a server: made once TLS is served, and rotated.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "base/result.h"
#include "net/http/ticket_keys.h"

namespace wagi::runner {

// Used from the loop of the first process. Outlives the generations, which borrow the keys.
class TicketRotation {
 public:
  using Clock = std::chrono::steady_clock;

  // The keys, made at the first call. The error says why there is no randomness.
  [[nodiscard]] Result<const http::TicketKeys*> keys(Clock::time_point now);
  // Rotates them where that is due.
  void step(Clock::time_point now);
  [[nodiscard]] std::optional<Clock::time_point> deadline() const {
    return keys_ ? std::optional(due_) : std::nullopt;
  }

 private:
  std::unique_ptr<http::TicketKeys> keys_;
  Clock::time_point due_;  // When the next key is made.
};

}  // namespace wagi::runner
