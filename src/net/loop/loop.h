// Who waits on an event loop, and when they are woken.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>
#include <chrono>
#include <ctime>
#include <memory>

#include "base/clock.h"
#include "net/loop/run_queue.h"
#include "net/loop/waiter.h"

namespace wagi::loop {

// One for each event loop. A single timer looks after all that wait: deadlines at a sweep, so that
// setting one costs nothing and it is kept up to kSweepPeriod late, and Waiter::waitUntil() to the
// moment. A loop that nobody waits in is never woken.
//
// Everything happens on the thread that runs `io`. Must outlive its waiters.
class Loop {
 public:
  static constexpr std::chrono::milliseconds kSweepPeriod{100};

  // Borrows both, which must outlive it.
  Loop(boost::asio::io_context& io, const Clock& clock);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] boost::asio::io_context& io() { return io_; }
  [[nodiscard]] const Clock& clock() const { return clock_; }
  [[nodiscard]] RunQueue& runQueue() { return run_queue_; }

  // The time of the last sweep or refresh(): to read the clock for each request would cost more
  // than it tells.
  [[nodiscard]] Clock::Time now() const { return now_; }
  [[nodiscard]] std::time_t date() const { return date_; }
  // Reads the clock; for a wait that begins when there was no sweep for a while.
  void refresh();

  // Wakes all that are in Waiter::suspendIdle().
  void wakeIdle();
  // Wakes those whose time has come. The loop's timer calls it; so does a test whose clock has
  // moved.
  void checkTime();

 private:
  friend class Waiter;
  template <class Hook>
  using List = boost::intrusive::list<Waiter, boost::intrusive::base_hook<Hook>,
                                      boost::intrusive::constant_time_size<false>>;
  struct TimerOrder {
    bool operator()(const Waiter& left, const Waiter& right) const {
      return left.timer_at_ < right.timer_at_;
    }
  };
  using Timers = boost::intrusive::multiset<Waiter, boost::intrusive::base_hook<TimerHook>,
                                            boost::intrusive::compare<TimerOrder>,
                                            boost::intrusive::constant_time_size<false>>;
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        boost::asio::io_context::executor_type>;

  void join(Waiter& waiter);
  void stand(Waiter& waiter, Waiter::Line line);
  void addTimer(Waiter& waiter, Clock::Time now);
  void wakeSoon(Waiter& waiter);

  void sweep();
  void wakeDue();
  void arm(Clock::Time now);

  boost::asio::io_context& io_;
  const Clock& clock_;
  RunQueue run_queue_;
  Clock::Time now_;
  std::time_t date_;
  List<SweepHook> busy_;
  List<SweepHook> idle_;  // By when they look again.
  List<SweepHook> due_;   // Being woken.
  List<SoonHook> soon_;   // The event loop has a callback for each, and for some that have left.
  Timers timers_;
  Clock::Time sweep_at_ = Clock::kNever;
  Timer timer_;
  Clock::Time armed_for_ = Clock::kNever;  // When timer_ calls back.
  // Expires with this: a callback that the event loop holds already can't be taken back.
  std::shared_ptr<void> alive_ = std::make_shared<char>();
};

}  // namespace wagi::loop
