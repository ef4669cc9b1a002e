// Whose turn it is to compute.
//
// What a client or a timer has made ready is short and comes first; those that compute get what is
// left of the core, one after another. Without that order, a request that needs ten microseconds
// would wait for a time slice of each that computes.
//
// Who is interrupted for what is ready goes on with its turn afterwards: to rotate instead would
// have all of them under way at once, each with memory that the others push out of the caches.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <memory>

#include "net/http/exchange.h"

namespace wagi::http {

using TurnHook =
    boost::intrusive::list_base_hook<boost::intrusive::tag<class TurnsTag>,
                                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

// One that waits for its turn; leaves the queue by itself when it is destroyed.
class TurnTaker : public TurnHook {
 public:
  // Called from the loop, once it has left the queue.
  virtual void takeTurn() = 0;
  [[nodiscard]] bool waitsForTurn() const { return TurnHook::is_linked(); }
  void leaveTurns() {
    if (waitsForTurn()) TurnHook::unlink();
  }

 protected:
  ~TurnTaker() = default;
};

// Owned by the Sessions of one loop and used from it only.
class Turns {
 public:
  // However many the others are, one that computes gets on after so much of them.
  static constexpr std::chrono::milliseconds kOthersMax{1};

  explicit Turns(boost::asio::io_context& io) : io_(io) {}

  // REQUIRES: `taker` doesn't wait already.
  void add(TurnTaker& taker, Exchange::Turn turn = Exchange::Turn::kLast);

 private:
  void post();
  void giveTurn();

  boost::asio::io_context& io_;
  boost::intrusive::list<TurnTaker, boost::intrusive::base_hook<TurnHook>,
                         boost::intrusive::constant_time_size<false>>
      queue_;
  bool posted_ = false;
  // Expires with this: a callback that the loop holds already can't be taken back.
  std::shared_ptr<void> alive_ = std::make_shared<char>();
};

}  // namespace wagi::http
