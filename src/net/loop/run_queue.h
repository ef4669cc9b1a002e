// Whose turn it is to compute.
//
// Work that a client or a timer has made ready is short and comes first; those that compute get
// what is left of the core, one after another. Without that order, a request that needs ten
// microseconds would wait for a time slice of each that computes.
//
// A computation that is interrupted for such work goes on with its turn afterwards: to rotate
// instead would have all of them under way at once, each with memory that the others push out of
// the caches.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/intrusive/list_hook.hpp>
#include <chrono>
#include <cstdint>
#include <memory>

#include "base/clock.h"

namespace wagi::loop {

// Owned by a Loop and used from it only.
class RunQueue {
  using Hook =
      boost::intrusive::list_base_hook<boost::intrusive::tag<RunQueue>,
                                       boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

 public:
  // However many the others are, one that computes gets on after so much of them.
  static constexpr std::chrono::milliseconds kOthersMax{1};

  enum class Place : std::uint8_t {
    kBack,   // Behind all who wait for a turn.
    kFront,  // Before them, to go on with a turn that was interrupted.
  };

  // One that waits for its turn; leaves the queue by itself when it is destroyed.
  class Entry : public Hook {
   public:
    virtual ~Entry() = default;
    [[nodiscard]] bool isQueued() const { return Hook::is_linked(); }
    void leaveQueue() {
      if (isQueued()) Hook::unlink();
    }

   private:
    friend class RunQueue;
    // Called from the event loop, once the entry has left the queue.
    virtual void takeTurn() = 0;
  };

  // Borrows both.
  RunQueue(boost::asio::io_context& io, const Clock& clock) : io_(io), clock_(clock) {}

  // REQUIRES: `entry` isn't queued.
  void add(Entry& entry, Place place = Place::kBack);

 private:
  void post();
  void giveTurn();

  boost::asio::io_context& io_;
  const Clock& clock_;
  boost::intrusive::list<Entry, boost::intrusive::base_hook<Hook>,
                         boost::intrusive::constant_time_size<false>>
      queue_;
  bool posted_ = false;
  // Expires with this: a callback that the event loop holds already can't be taken back.
  std::shared_ptr<void> alive_ = std::make_shared<char>();
};

}  // namespace wagi::loop
