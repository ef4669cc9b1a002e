#include "server/runner/ticket_rotation.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace wagi::runner {

Result<const http::TicketKeys*> TicketRotation::keys(Clock::time_point now) {
  if (!keys_) {
    auto made = http::TicketKeys::create();
    if (!made) return std::unexpected(std::move(made.error()));
    keys_ = *std::move(made);
    due_ = now + http::TicketKeys::kRotation;
  }
  return keys_.get();
}

void TicketRotation::step(Clock::time_point now) {
  if (!keys_ || now < due_) return;
  due_ = now + http::TicketKeys::kRotation;
  if (const auto rotated = keys_->rotate(); !rotated) {
    spdlog::error("{}: the key before goes on", rotated.error().message);
  }
}

}  // namespace wagi::runner
