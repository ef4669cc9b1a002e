#include "server/worker/guest_scheduler.h"

#include <algorithm>

namespace wagi::worker {

GuestScheduler::~GuestScheduler() {
  if (!ran_) return;
  if (!computed_) history_.computing.add(false);
  if (!computed_long_) history_.long_computing.add(false);
}

GuestScheduler::Watched GuestScheduler::watched() const {
  return computed_long_ || history_.long_computing.often() ? Watched::kYes : Watched::kNo;
}

void GuestScheduler::addFirst() {
  // Others may have had the core meanwhile, but a period is the most that the guest had of it.
  used_ = std::min<std::chrono::nanoseconds>(system_.monotonicClock() - began_, kTickPeriod);
}

void GuestScheduler::add(std::chrono::nanoseconds used) {
  used_ += used;
  since_rest_ += used;
  if (slice_) *slice_ += used;
  if (computes() && !std::exchange(computed_, true)) history_.computing.add(true);
  if (used_ > kWatchedAfter && !std::exchange(computed_long_, true)) {
    history_.long_computing.add(true);
  }
}

void GuestScheduler::beginRest() {
  slice_.reset();
  rest_began_ = system_.monotonicClock();
}

void GuestScheduler::endRest() {
  const std::chrono::nanoseconds rest = system_.monotonicClock() - rest_began_;
  since_rest_ -= std::min(since_rest_, rest / kRestDivisor);
}

GuestScheduler::Slice GuestScheduler::nextSlice() {
  if (slice_ && *slice_ < kSliceMax) return Slice::kSame;
  slice_.emplace(0);
  return Slice::kNew;
}

}  // namespace wagi::worker
