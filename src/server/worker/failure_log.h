// Decides which of a route's failed requests the log tells of: a guest that always fails must not
// fill it.
//
// Belongs to one route of one worker.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "server/worker/plan.h"

namespace wagi::worker {

class FailureLog {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  // So many in each such time; those past it are counted.
  static constexpr std::size_t kFailuresMax = 50;
  static constexpr std::chrono::seconds kWindow{10};

  struct Entry {
    bool logged = false;
    bool last = false;           // Those that follow in this window aren't logged.
    std::uint64_t left_out = 0;  // Before this one, and never told yet.
  };
  [[nodiscard]] Entry next(TimePoint now);
  // How many failures no entry has told of.
  [[nodiscard]] std::uint64_t leftOut() const { return left_out_; }

 private:
  TimePoint began_;
  std::size_t logged_ = 0;
  std::uint64_t left_out_ = 0;
};

void tellOfLeftOut(const Route& route, std::uint64_t count);

}  // namespace wagi::worker
