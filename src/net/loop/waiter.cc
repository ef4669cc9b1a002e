#include "net/loop/waiter.h"

#include <algorithm>
#include <utility>

#include "net/loop/loop.h"

namespace wagi::loop {

namespace asio = boost::asio;
using For = Wait::For;
using Standing = Peer::Standing;

Waiter::Waiter(Loop& loop) : loop_(loop) { loop.join(*this); }

const Clock& Waiter::clock() const { return loop_.clock(); }

asio::awaitable<Wake> Waiter::waitUntil(Clock::Time when) {
  return wait({.what = For::kTime, .until = when});
}

asio::awaitable<Wake> Waiter::waitNotified() { return wait({.what = For::kNotice}); }

void Waiter::notify() {
  if (!std::exchange(notified_, true)) loop_.wakeSoon(*this);
}

asio::awaitable<Wake> Waiter::yield(RunQueue::Place place) {
  peer_->beginWait({.what = For::kTurn, .place = place});
  loop_.runQueue().add(*this, place);
  // Bytes that come meanwhile wake it, too, but must not bring its turn forward.
  do {
    co_await suspend(std::min(deadline_, peer_->listen()));
    const Standing standing = peer_->look();
    const bool expired = standing != Standing::kLost && loop_.now() >= deadline_;
    if (standing == Standing::kThere && !expired) continue;
    leaveQueue();
    co_return expired ? Wake::kExpired : Wake::kGone;
  } while (isQueued());
  co_return Wake::kReady;
}

void Waiter::renew() {
  notified_ = false;
  deadline_ = Clock::kNever;
}

asio::awaitable<Wake> Waiter::wait(Wait wait) {
  peer_->beginWait(wait);
  std::optional<Wake> ended;
  for (bool begins = true; !ended; begins = false) {
    const Standing standing = peer_->look();
    if (standing == Standing::kLost) {
      ended = Wake::kGone;
    } else if (loop_.now() >= deadline_) {
      ended = Wake::kExpired;
    } else if (isOver(wait)) {
      // However fast the client reads: who only writes must not keep the others from running.
      const bool lets_others_run = begins && wait.what == For::kOutput;
      if (lets_others_run) co_await letOthersRun();
      if (!lets_others_run) ended = Wake::kReady;
    } else if (standing == Standing::kLeft) {
      ended = Wake::kGone;
    } else {
      co_await suspend(std::min(deadline_, peer_->listen()));
    }
  }
  leaveTimers();
  co_return *ended;
}

bool Waiter::isOver(const Wait& wait) {
  switch (wait.what) {
    case For::kInput:
      return peer_->isReady(wait.what) || timeHasCome(wait.until);
    case For::kOutput:
      return peer_->isReady(wait.what);
    case For::kTime:
      return timeHasCome(wait.until);
    case For::kNotice:
      return std::exchange(notified_, false);
    case For::kTurn:
      return !isQueued();
  }
  std::unreachable();
}

// Where it hasn't, a timer will wake the coroutine.
bool Waiter::timeHasCome(std::optional<Clock::Time> when) {
  if (when.value_or(Clock::kNever) == Clock::kNever) return false;
  const Clock::Time now = loop_.clock().now();
  if (now >= *when) return true;
  if (timer().is_linked() && timer_at_ == *when) return false;
  leaveTimers();
  timer_at_ = *when;
  loop_.addTimer(*this, now);
  return false;
}

void Waiter::leaveTimers() {
  if (timer().is_linked()) timer().unlink();
}

void Waiter::wake() {
  if (!resume_) return;
  Resume resume = std::move(*resume_);
  resume_.reset();
  resume();
}

// None of those that suspend is a coroutine itself: one frame less for each wait.
asio::awaitable<void> Waiter::suspend(Clock::Time look_again_at) {
  look_again_at_ = look_again_at;
  if (line_ == Line::kIdle) loop_.stand(*this, Line::kBusy);
  return suspendHere();
}

asio::awaitable<void> Waiter::suspendIdle(Clock::Time look_again_at) {
  const bool in_place = line_ == Line::kIdle && look_again_at_ == look_again_at;
  look_again_at_ = look_again_at;
  if (!in_place) loop_.stand(*this, Line::kIdle);
  return suspendHere();
}

asio::awaitable<void> Waiter::suspendHere() {
  return asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      [this](Resume resume) { resume_.emplace(std::move(resume)); }, asio::use_awaitable);
}

asio::awaitable<void> Waiter::letOthersRun() {
  loop_.wakeSoon(*this);
  return suspend(Clock::kNever);
}

}  // namespace wagi::loop
