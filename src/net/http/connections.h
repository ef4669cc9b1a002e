// The connections of one server: who they are, and when they end.
#pragma once

#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "net/http/connection.h"
#include "net/http/exchange.h"
#include "net/http/limits.h"
#include "net/loop/loop.h"

namespace wagi::http {

class TlsContext;

// How a server comes to its end.
enum class Drain {
  kReload,  // Open connections may send one more request, whose answer closes them.
  kStop,    // Idle connections are closed at once.
};

// Owned by the Server.
class Connections {
 public:
  // Borrows `loop` and `handler`. `on_end` is called after a connection has gone; it must not
  // destroy this.
  Connections(loop::Loop& loop, Handler& handler, const Limits& limits,
              std::function<void()> on_end);
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;
  // Every connection is closed, every task ends with Wake::kGone.
  ~Connections();

  // Serves an accepted, non-blocking socket. `tls`: null is plain.
  void add(UniqueFd socket, int family, std::string remote_address, const TlsContext* tls);
  void drain(Drain how);
  [[nodiscard]] std::size_t count() const { return count_; }

  // --- For the connections and their sessions.

  [[nodiscard]] loop::Loop& loop() { return loop_; }
  [[nodiscard]] Handler& handler() { return handler_; }
  [[nodiscard]] const Limits& limits() const { return limits_; }
  // The Date and Server lines.
  [[nodiscard]] std::string_view standardFields() {
    if (loop_.date() != date_) tellDate();
    return standard_fields_;
  }
  [[nodiscard]] bool draining() const { return draining_.has_value(); }
  [[nodiscard]] bool stopping() const { return draining_ == Drain::kStop; }
  void remove(Connection& connection);

 private:
  void tellDate();

  loop::Loop& loop_;
  Handler& handler_;
  const Limits limits_;
  const std::function<void()> on_end_;
  boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>> connections_;
  std::size_t count_ = 0;
  std::optional<Drain> draining_;
  std::time_t date_ = 0;
  std::string standard_fields_;
  // Expires with this: a callback that the loop holds already can't be taken back.
  std::shared_ptr<void> alive_ = std::make_shared<char>();
};

}  // namespace wagi::http
