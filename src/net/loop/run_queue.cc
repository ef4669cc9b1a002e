#include "net/loop/run_queue.h"

#include <boost/asio/post.hpp>

namespace wagi::loop {

void RunQueue::add(Entry& entry, Place place) {
  if (place == Place::kFront) {
    queue_.push_front(entry);
  } else {
    queue_.push_back(entry);
  }
  post();
}

void RunQueue::post() {
  if (posted_ || queue_.empty()) return;
  posted_ = true;
  // The event loop outlives this, which may be gone before the callback, or within it.
  boost::asio::post(io_, [this, &io = io_, &clock = clock_, alive = std::weak_ptr<void>(alive_)] {
    // Called from within the event loop, this looks at the sockets, too: what the loop would
    // only find after this turn goes before it.
    const auto until = clock.now() + kOthersMax;
    while (io.poll_one() > 0 && clock.now() < until) {
    }
    if (!alive.expired()) giveTurn();
  });
}

void RunQueue::giveTurn() {
  posted_ = false;
  if (!queue_.empty() && !io_.stopped()) {
    Entry& next = queue_.front();
    queue_.pop_front();
    next.takeTurn();
  }
  post();
}

}  // namespace wagi::loop
