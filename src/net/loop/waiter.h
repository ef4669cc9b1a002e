// One coroutine that waits: for bytes, a time, a notice, or its turn to compute.
//
// Each request has a Waiter, whatever version of HTTP it came in, and so has what a connection does
// between requests. A version adds what only it knows, as a Peer: how bytes move meanwhile and
// whether the client is still there.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/intrusive/list_hook.hpp>
#include <boost/intrusive/set_hook.hpp>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "net/loop/run_queue.h"

namespace wagi::loop {

class Loop;

// Why a wait ended.
enum class Wake : std::uint8_t {
  kReady,    // The input, output, time or notice that was waited for has come.
  kGone,     // The client closed its connection, or stopped reading or sending for too long.
  kExpired,  // The waiter's deadline passed.
};

struct Wait {
  enum class For : std::uint8_t {
    kInput,   // Bytes, or their end.
    kOutput,  // Everything written has been handed to the kernel.
    kTime,    // `until`.
    kNotice,  // Waiter::notify().
    kTurn,    // The core, from the run queue.
  };
  For what = For::kTime;
  // kTime is ready then. kInput is, too, where it is set, whatever has come.
  std::optional<Clock::Time> until{};
  RunQueue::Place place = RunQueue::Place::kBack;  // Where kTurn queues.
};

// The client of an exchange, as its waits see it. Called by the waiter that it is attached to, from
// the event loop.
class Peer {
 public:
  enum class Standing : std::uint8_t {
    kThere,
    kLeft,  // It has closed its side and may not read on: a wait that isn't ready ends.
    kLost,  // Nothing can be sent or received any more: every wait ends.
  };

  virtual ~Peer() = default;

 private:
  friend class Loop;
  friend class Waiter;
  // A wait begins, in which the bytes that were written before it may leave.
  virtual void beginWait(const Wait& wait) = 0;
  // Moves the bytes that can be moved now. Called as a wait begins (but kTurn) and whenever it is
  // woken.
  [[nodiscard]] virtual Standing look() = 0;
  // Whether kInput or kOutput need not be waited for. REQUIRES: `what` is one of these.
  [[nodiscard]] virtual bool isReady(Wait::For what) const = 0;
  // The coroutine is about to be suspended: asks the kernel for what must wake it. Returns the time
  // at which it is to look again in any case.
  [[nodiscard]] virtual Clock::Time listen() = 0;
  // Whether the client has left and listen() couldn't tell. Asked at each sweep.
  [[nodiscard]] virtual bool hasLeftUnseen() = 0;
};

// A waiter's places among those of its Loop.
using AutoUnlink = boost::intrusive::link_mode<boost::intrusive::auto_unlink>;
using SweepHook =
    boost::intrusive::list_base_hook<boost::intrusive::tag<struct SweepTag>, AutoUnlink>;
using SoonHook =
    boost::intrusive::list_base_hook<boost::intrusive::tag<struct SoonTag>, AutoUnlink>;
using TimerHook =
    boost::intrusive::set_base_hook<boost::intrusive::tag<struct TimerTag>, AutoUnlink>;

// Suspends one coroutine at a time, in one place, suspend(); each wait looks for itself whether it
// has ended, so that a needless wake() does no harm. Leaves its Loop, which must outlive it, when
// it is destroyed. REQUIRES: nothing is suspended in it then.
class Waiter final : public RunQueue::Entry, public SweepHook, public SoonHook, public TimerHook {
 public:
  explicit Waiter(Loop& loop);
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter() override = default;

  [[nodiscard]] const Clock& clock() const;

  // --- For who answers. Each wait sends what was written so far, before or while it waits, and
  // ends with kGone when the client is. REQUIRES of the waits: a peer is attached.

  // Past it every wait ends with kExpired; may be set anew. Seen by Loop::kSweepPeriod late.
  void setDeadline(Clock::Time deadline) { deadline_ = deadline; }
  [[nodiscard]] Clock::Time deadline() const { return deadline_; }
  boost::asio::awaitable<Wake> waitUntil(Clock::Time when);
  // Until notify() is called, or was called since the last such wait.
  boost::asio::awaitable<Wake> waitNotified();
  // From the event loop, at any time while the waiter lives; resumes nobody before it returns.
  void notify();
  // Until it is this one's turn to compute: all that is ready goes first.
  boost::asio::awaitable<Wake> yield(RunQueue::Place place);

  // --- For a version of HTTP.

  // Borrows `peer`, which must outlive the waits and be detached (null) before it goes.
  void attach(Peer* peer) { peer_ = peer; }
  // Begins the next request: forgets the deadline and the notices of an earlier one.
  void renew();
  boost::asio::awaitable<Wake> wait(Wait wait);
  // Lets the suspended coroutine see whether what it waits for has come; perhaps it has ended, and
  // the waiter is gone, when this returns.
  void wake();
  // Until wake() is called, which is at `look_again_at` in any case (or at the sweep after it).
  boost::asio::awaitable<void> suspend(Clock::Time look_again_at);
  // The same between two requests. All that are idle wait for equally long, so that a sweep looks
  // at the first of them only; Loop::wakeIdle() wakes them.
  boost::asio::awaitable<void> suspendIdle(Clock::Time look_again_at);
  // Until all that the event loop has queued already is done, which includes its look at the
  // sockets.
  boost::asio::awaitable<void> letOthersRun();

 private:
  friend class Loop;
  using Resume = boost::asio::async_result<boost::asio::use_awaitable_t<>, void()>::handler_type;
  enum class Line : std::uint8_t { kBusy, kIdle };  // The lists that a Loop has.

  void takeTurn() override { wake(); }
  [[nodiscard]] bool isOver(const Wait& wait);
  [[nodiscard]] bool timeHasCome(std::optional<Clock::Time> when);
  [[nodiscard]] TimerHook& timer() { return *this; }
  void leaveTimers();
  boost::asio::awaitable<void> suspendHere();

  Loop& loop_;
  Peer* peer_ = nullptr;
  std::optional<Resume> resume_;  // Where the coroutine waits, while it does.
  Clock::Time look_again_at_ = Clock::kNever;
  Clock::Time timer_at_ = Clock::kNever;  // While it is among the Loop's timers.
  Clock::Time deadline_ = Clock::kNever;
  Line line_ = Line::kBusy;  // Where it is.
  bool notified_ = false;    // notify() was called, and nobody has waited for it yet.
};

}  // namespace wagi::loop
