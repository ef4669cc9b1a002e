// The workers that serve one plan, and what they share: its code, their counters, a directory for
// spooled bodies. A module whose guests end workers again and again is taken out of service.
//
// Owned by the supervisor and used from its loop only. Destroying one kills its workers.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "server/runner/processes.h"
#include "server/runner/sockets.h"
#include "server/runner/worker_group.h"
#include "server/supervisor/kills.h"
#include "server/supervisor/planner.h"
#include "server/worker/counters.h"

namespace wagi::supervisor {

class Generation {
 public:
  using Clock = std::chrono::steady_clock;

  // Starts plan.workers_count workers that accept from `sockets`. Borrows `processes`.
  [[nodiscard]] static Result<std::unique_ptr<Generation>> start(Prepared prepared,
                                                                 runner::Sockets sockets,
                                                                 runner::Processes& processes,
                                                                 Clock::time_point now);
  // Other workers for the same plan, which load its code anew. What is out of service stays so, but
  // for what `code` names (Code::path()).
  [[nodiscard]] Result<std::unique_ptr<Generation>> startAgain(std::uint64_t generation,
                                                               const std::set<std::string>& code,
                                                               Clock::time_point now) const;
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;
  ~Generation() = default;

  [[nodiscard]] const worker::Plan& plan() const { return prepared_.plan; }
  [[nodiscard]] const std::vector<Code>& code() const { return *prepared_.code; }
  [[nodiscard]] worker::SharedCounters& counters() const { return *counters_; }

  // Whether a worker has died, as it shouldn't: its code may be damaged.
  [[nodiscard]] bool suspicious() const { return suspicious_; }
  void setSuspicious(bool suspicious) { suspicious_ = suspicious; }
  // The routes that use this code (Code::path()) answer 503 from now on. Returns what they are, for
  // a line of the log: "/a, /b answer 503".
  std::string takeOutOfService(const std::string& code);

  // These do what WorkerGroup's functions of the same names do, to the workers of this plan.
  void addTo(std::vector<pollfd>& fds) const { group_->addTo(fds); }
  [[nodiscard]] std::optional<Clock::time_point> deadline() const { return group_->deadline(); }
  void step(Clock::time_point now);
  [[nodiscard]] bool ready() const { return group_->ready(); }
  [[nodiscard]] bool failed() const { return group_->failed(); }
  [[nodiscard]] bool ended() const { return group_->ended(); }
  void retire(Clock::time_point now) { group_->retire(now); }
  void stop(Clock::time_point now) { group_->stop(now); }
  [[nodiscard]] std::chrono::milliseconds drainMax() const { return plan().drain_max; }

 private:
  [[nodiscard]] static Result<std::unique_ptr<Generation>> make(Prepared prepared,
                                                                runner::Sockets sockets,
                                                                runner::Processes& processes);
  Generation(Prepared prepared, std::unique_ptr<worker::SharedCounters> counters,
             TemporaryDirectory spool, runner::Sockets sockets, runner::Processes& processes);
  // A worker has died while a guest of this route's module had the core.
  void blame(const worker::Route& guilty, Clock::time_point now);
  [[nodiscard]] const worker::Route* routeOf(std::size_t module) const;

  const Prepared prepared_;
  const std::unique_ptr<worker::SharedCounters> counters_;
  const TemporaryDirectory spool_;
  runner::Processes& processes_;
  std::map<std::string, Kills> kills_;  // By code.
  bool suspicious_ = false;
  std::optional<runner::WorkerGroup> group_;  // Last: it ends while all that workers use is there.
};

}  // namespace wagi::supervisor
