// The loop of a worker's process: it accepts connections, hears the signals that end them, and
// watches over the first process.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "lockdown/lockdown.h"
#include "net/http/exchange.h"
#include "net/http/limits.h"
#include "net/http/server.h"
#include "net/http/tls.h"
#include "net/loop/loop.h"
#include "server/runner/sockets.h"

namespace wagi::runner {

// SIGUSR1: accepts no more, lets every connection make one more request, ends when none is left.
// SIGTERM, SIGINT: finishes the requests that run. Both end after drain_max at the latest; a second
// SIGTERM or SIGINT ends at once.
class WorkerLoop {
 public:
  // Borrows `handler`. The loop outlives all that waits on context().
  WorkerLoop(http::Handler& handler, const http::Limits& limits, WorkerSockets sockets,
             std::chrono::milliseconds drain_max);
  WorkerLoop(const WorkerLoop&) = delete;
  WorkerLoop& operator=(const WorkerLoop&) = delete;

  [[nodiscard]] boost::asio::io_context& context() { return loop_; }
  [[nodiscard]] const Clock& clock() const { return clock_; }
  // See readinessOf().
  [[nodiscard]] int readiness();

  // Reduces the process to `kept`, and says that it is ready; from then on it has what it holds
  // and can't get more. Returns what is in force, which the first worker logs; nothing where there
  // is no other process to say it to. `tls` has one for each listener, null for plain HTTP, and is
  // borrowed.
  [[nodiscard]] Result<std::optional<lockdown::Report>> start(
      lockdown::KeptAccess kept, std::vector<const http::TlsContext*> tls);
  // Lets run() return with this exit code.
  void end(int exit_code);
  // Returns the exit code, once all connections are closed.
  int run();

 private:
  void waitForSignal();
  void watchFirstProcess();
  void drain(http::Drain how);
  void accept();

  WorkerSockets sockets_;
  const std::chrono::milliseconds drain_max_;
  std::vector<const http::TlsContext*> tls_;
  const SystemClock clock_;
  // In this order: what the loop still holds when it is destroyed uses all above it.
  boost::asio::io_context loop_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
  loop::Loop waits_{loop_, clock_};
  boost::asio::signal_set signals_{loop_};
  boost::asio::steady_timer drain_timer_{loop_};
  boost::asio::posix::stream_descriptor control_{loop_};
  std::array<char, 1> control_byte_{};
  std::optional<http::Server> server_;
  int exit_code_ = 0;
  bool draining_ = false;
  bool stopping_ = false;
};

}  // namespace wagi::runner
