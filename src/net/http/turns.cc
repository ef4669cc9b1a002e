#include "net/http/turns.h"

#include <boost/asio/post.hpp>

namespace wagi::http {

void Turns::add(TurnTaker& taker, Exchange::Turn turn) {
  if (turn == Exchange::Turn::kNext) {
    queue_.push_front(taker);
  } else {
    queue_.push_back(taker);
  }
  post();
}

void Turns::post() {
  if (posted_ || queue_.empty()) return;
  posted_ = true;
  // The loop outlives this, which may be gone before the callback, or within it.
  boost::asio::post(io_, [this, &io = io_, alive = std::weak_ptr<void>(alive_)] {
    // Called from within the loop, this looks at the sockets, too: what the loop would only find
    // after this turn goes before it.
    const auto until = Clock::now() + kOthersMax;
    while (io.poll_one() > 0 && Clock::now() < until) {
    }
    if (!alive.expired()) giveTurn();
  });
}

void Turns::giveTurn() {
  posted_ = false;
  if (!queue_.empty() && !io_.stopped()) {
    TurnTaker& next = queue_.front();
    queue_.pop_front();
    next.takeTurn();
  }
  post();
}

}  // namespace wagi::http
