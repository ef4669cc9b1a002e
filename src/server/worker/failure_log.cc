#include "server/worker/failure_log.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace wagi::worker {

FailureLog::Entry FailureLog::next(TimePoint now) {
  if (now - began_ >= kWindow) {
    began_ = now;
    logged_ = 0;
  }
  if (logged_ == kFailuresMax) {
    ++left_out_;
    return {};
  }
  ++logged_;
  return {.logged = true, .last = logged_ == kFailuresMax, .left_out = std::exchange(left_out_, 0)};
}

void tellOfLeftOut(const Route& route, std::uint64_t count) {
  spdlog::warn("route {}: {} more requests failed and were left out of this log", route.pattern,
               count);
}

}  // namespace wagi::worker
