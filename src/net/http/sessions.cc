#include "net/http/sessions.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "net/http/date.h"

namespace wagi::http {

Sessions::Sessions(boost::asio::io_context& io, Handler& handler, const Limits& limits,
                   std::function<void()> on_end)
    : io_(io),
      handler_(handler),
      limits_(limits),
      on_end_(std::move(on_end)),
      turns_(io),
      timer_(io) {
  tellTime();
}

Sessions::~Sessions() {
  for (List* list : {&between_requests_, &within_}) {
    while (!list->empty()) {
      const boost::intrusive_ptr<Session> session(&list->front());
      session->kill();
    }
  }
}

void Sessions::add(UniqueFd socket, int family, std::string remote_address, const TlsContext* tls) {
  tellTime();
  const boost::intrusive_ptr<Session> session(
      new Session(*this, std::move(socket), family, std::move(remote_address), tls));
  within_.push_back(*session);
  ++count_;
  if (!sweeping_) scheduleSweep();
  session->begin();
}

void Sessions::drain(Drain how) {
  draining_ = how;
  if (how != Drain::kStop) return;
  // Behind the reads that the loop has finished but not yet told of: their requests are answered.
  boost::asio::post(io_, [this, alive = std::weak_ptr<void>(alive_)] {
    if (alive.expired()) return;
    due_.clear();
    for (Session& session : between_requests_) due_.emplace_back(&session);
    wakeDue();
  });
}

void Sessions::park(Session& session, Parking parking) {
  const bool between = parking == Parking::kBetweenRequests;
  if (!between && !session.between_requests_) return;
  List& from = session.between_requests_ ? between_requests_ : within_;
  List& to = between ? between_requests_ : within_;
  to.splice(to.end(), from, List::s_iterator_to(session));
  session.between_requests_ = between;
}

void Sessions::remove(Session& session) {
  List& list = session.between_requests_ ? between_requests_ : within_;
  list.erase(List::s_iterator_to(session));
  --count_;
  on_end_();
}

void Sessions::tellTime() {
  now_ = Clock::now();
  const std::time_t second = std::time(nullptr);
  if (second == date_second_) return;
  date_second_ = second;
  standard_fields_ = "Date: " + formatDate(second) + "\r\nServer: wagi/" WAGI_VERSION "\r\n";
}

void Sessions::scheduleSweep() {
  sweeping_ = true;
  timer_.expires_after(kSweepPeriod);
  timer_.async_wait([this, alive = std::weak_ptr<void>(alive_)](const auto& error) {
    if (!error && !alive.expired()) sweep();
  });
}

void Sessions::wakeDue() {
  for (const auto& session : due_) session->wake();
  due_.clear();
}

void Sessions::sweep() {
  tellTime();
  due_.clear();
  for (Session& session : between_requests_) {
    if (session.wakeAt() > now_) break;
    due_.emplace_back(&session);
  }
  for (Session& session : within_) {
    if (session.wakeAt() <= now_ || session.noticeEnd()) due_.emplace_back(&session);
  }
  wakeDue();
  sweeping_ = false;
  if (count_ > 0) scheduleSweep();
}

}  // namespace wagi::http
