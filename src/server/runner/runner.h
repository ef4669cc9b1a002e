// The loop of a server's first process, which owns its sockets and its workers and touches no
// connection itself: it waits for signals, for workers and for what the server wants beside.
#pragma once

#include <poll.h>

#include <chrono>
#include <optional>
#include <vector>

#include "base/unique_fd.h"
#include "server/runner/clocks.h"

namespace wagi::runner {

// The work of a server's first process. Its functions are called from the loop only.
class Program {
 public:
  using Clock = std::chrono::steady_clock;
  virtual ~Program() = default;

  // Does what is due. An exit code ends the process.
  [[nodiscard]] virtual std::optional<int> step(Clock::time_point now) = 0;
  // The descriptors to poll, and until when at most, before the next step().
  virtual void addTo(std::vector<pollfd>& fds) const = 0;
  [[nodiscard]] virtual std::optional<Clock::time_point> deadline(Clock::time_point now) const = 0;
  // SIGHUP.
  virtual void reload() = 0;
  // SIGTERM or SIGINT; the second one means at once.
  virtual void stop(Clock::time_point now) = 0;
};

class Runner {
 public:
  // Blocks the signals that it waits for: from then on they are seen by run() only.
  explicit Runner(Clocks clocks);

  // Runs until the program ends; the process's exit code. Processes that its workers leave behind
  // become children of this one.
  [[nodiscard]] int run(Program& program);

  [[nodiscard]] const Clocks& clocks() const { return clocks_; }

 private:
  void wait(Program& program, Program::Clock::time_point now);
  void readSignals(Program& program);

  const Clocks clocks_;
  const UniqueFd signals_;
};

}  // namespace wagi::runner
