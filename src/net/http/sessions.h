// The connections of one server: who they are, what time it is for them, and when they end.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/intrusive_ptr.hpp>
#include <cstddef>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "net/http/exchange.h"
#include "net/http/limits.h"
#include "net/http/session.h"
#include "net/http/turns.h"

namespace wagi::http {

class TlsContext;

// How a server comes to its end.
enum class Drain {
  kReload,  // Open connections may send one more request, whose answer closes them.
  kStop,    // Idle connections are closed at once.
};

// Owned by the Server. One timer looks after the deadlines of all sessions, so that a request sets
// none: a deadline is kept up to kSweepPeriod late.
class Sessions {
 public:
  static constexpr std::chrono::milliseconds kSweepPeriod{100};

  // `on_end` is called after a session has gone; it must not destroy this.
  Sessions(boost::asio::io_context& io, Handler& handler, const Limits& limits,
           std::function<void()> on_end);
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;
  // Every connection is closed, every task ends with Wake::kGone.
  ~Sessions();

  // Serves an accepted, non-blocking socket. `tls`: null is plain.
  void add(UniqueFd socket, int family, std::string remote_address, const TlsContext* tls);
  void drain(Drain how);
  [[nodiscard]] std::size_t count() const { return count_; }

  // --- For the sessions.

  [[nodiscard]] boost::asio::io_context& io() { return io_; }
  [[nodiscard]] Handler& handler() { return handler_; }
  [[nodiscard]] Turns& turns() { return turns_; }
  [[nodiscard]] const Limits& limits() const { return limits_; }
  // Up to kSweepPeriod old: reading the clock for each request would cost more than it tells.
  [[nodiscard]] Clock::time_point now() const { return now_; }
  // The Date and Server lines.
  [[nodiscard]] std::string_view standardFields() const { return standard_fields_; }
  [[nodiscard]] bool draining() const { return draining_.has_value(); }
  [[nodiscard]] bool stopping() const { return draining_ == Drain::kStop; }

  // `session` waits until its wakeAt(). All that wait between two requests wait equally long, so
  // that only the first of them needs a look.
  enum class Parking { kBetweenRequests, kWithin };
  void park(Session& session, Parking parking);
  void remove(Session& session);

 private:
  using List =
      boost::intrusive::list<Session,
                             boost::intrusive::base_hook<boost::intrusive::list_base_hook<>>,
                             boost::intrusive::constant_time_size<false>>;
  using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>,
                                                  boost::asio::io_context::executor_type>;

  void tellTime();
  void scheduleSweep();
  void sweep();
  void wakeDue();

  boost::asio::io_context& io_;
  Handler& handler_;
  const Limits limits_;
  const std::function<void()> on_end_;
  Turns turns_;
  List between_requests_;  // By deadline.
  List within_;
  std::size_t count_ = 0;
  std::optional<Drain> draining_;
  Clock::time_point now_;
  std::time_t date_second_ = 0;
  std::string standard_fields_;
  Timer timer_;
  bool sweeping_ = false;  // The timer runs.
  std::vector<boost::intrusive_ptr<Session>> due_;
  // Expires with this: a callback that the loop holds already can't be taken back.
  std::shared_ptr<void> alive_ = std::make_shared<char>();
};

}  // namespace wagi::http
