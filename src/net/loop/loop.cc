#include "net/loop/loop.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <iterator>

namespace wagi::loop {

Loop::Loop(boost::asio::io_context& io, const Clock& clock)
    : io_(io),
      clock_(clock),
      run_queue_(io, clock),
      now_(clock.now()),
      date_(clock.date()),
      timer_(io) {}

void Loop::refresh() {
  now_ = clock_.now();
  date_ = clock_.date();
}

void Loop::join(Waiter& waiter) {
  if (busy_.empty() && idle_.empty()) {
    refresh();
    sweep_at_ = now_ + kSweepPeriod;
  }
  busy_.push_back(waiter);
  arm(now_);
}

void Loop::stand(Waiter& waiter, Waiter::Line line) {
  static_cast<SweepHook&>(waiter).unlink();
  waiter.line_ = line;
  if (line == Waiter::Line::kBusy) {
    busy_.push_back(waiter);
    return;
  }
  // Nearly always the last: all wait for equally long.
  auto place = idle_.end();
  while (place != idle_.begin() && std::prev(place)->look_again_at_ > waiter.look_again_at_) {
    --place;
  }
  idle_.insert(place, waiter);
}

void Loop::addTimer(Waiter& waiter, Clock::Time now) {
  timers_.insert(waiter);
  arm(now);
}

void Loop::wakeSoon(Waiter& waiter) {
  auto& hook = static_cast<SoonHook&>(waiter);
  if (hook.is_linked()) hook.unlink();
  soon_.push_back(waiter);
  boost::asio::post(io_, [this, alive = std::weak_ptr<void>(alive_)] {
    if (alive.expired() || soon_.empty()) return;
    Waiter& first = soon_.front();
    soon_.pop_front();
    first.wake();
  });
}

void Loop::wakeIdle() {
  due_.splice(due_.end(), idle_);
  wakeDue();
}

void Loop::wakeDue() {
  while (!due_.empty()) {
    Waiter& waiter = due_.front();
    stand(waiter, Waiter::Line::kBusy);
    waiter.wake();
  }
}

void Loop::checkTime() {
  now_ = clock_.now();
  if (now_ >= sweep_at_) sweep();
  while (!timers_.empty() && timers_.begin()->timer_at_ <= now_) {
    Waiter& waiter = *timers_.begin();
    timers_.erase(timers_.begin());
    waiter.wake();
  }
  arm(clock_.now());
}

void Loop::sweep() {
  date_ = clock_.date();
  sweep_at_ = now_ + kSweepPeriod;
  while (!idle_.empty() && idle_.front().look_again_at_ <= now_) {
    due_.splice(due_.end(), idle_, idle_.begin());
  }
  for (auto next = busy_.begin(); next != busy_.end();) {
    const auto waiter = next++;
    const bool is_due = waiter->look_again_at_ <= now_ ||
                        (waiter->peer_ != nullptr && waiter->peer_->hasLeftUnseen());
    if (is_due) due_.splice(due_.end(), busy_, waiter);
  }
  wakeDue();
  if (busy_.empty() && idle_.empty()) sweep_at_ = Clock::kNever;
}

void Loop::arm(Clock::Time now) {
  const Clock::Time next =
      timers_.empty() ? sweep_at_ : std::min(sweep_at_, timers_.begin()->timer_at_);
  if (next >= armed_for_) return;
  armed_for_ = next;
  // In time from now, since the clock may be a test's.
  timer_.expires_after(next - now);
  timer_.async_wait([this, alive = std::weak_ptr<void>(alive_)](const auto& error) {
    if (error || alive.expired()) return;
    armed_for_ = Clock::kNever;
    checkTime();
  });
}

}  // namespace wagi::loop
