// The workers that serve one plan: processes that are started, watched, started again when they
// die, and ended in an orderly way.
//
// Owned by the supervisor and used from its loop only. Destroying one kills its workers.
#pragma once

#include <poll.h>
#include <sys/types.h>

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
#include "base/unique_fd.h"
#include "net/http/ticket_keys.h"
#include "server/runner/backoff.h"
#include "server/runner/processes.h"
#include "server/supervisor/kills.h"
#include "server/supervisor/planner.h"
#include "server/worker/counters.h"

namespace wagi::supervisor {

class Generation {
 public:
  using Clock = std::chrono::steady_clock;
  // Beyond the time that a worker gives its own connections.
  static constexpr std::chrono::milliseconds kGrace{2'000};
  static constexpr std::chrono::milliseconds kReadyMax{60'000};  // For all workers to be ready.

  // What workers inherit. Borrowed, all of it.
  struct Sockets {
    std::vector<int> listening;                     // In the order of the plan's listeners.
    const http::TicketKeys* ticket_keys = nullptr;  // Null where no listener has TLS.
  };

  // Starts plan.workers_count workers that accept from `sockets`. Borrows `processes`.
  [[nodiscard]] static Result<std::unique_ptr<Generation>> start(Prepared prepared, Sockets sockets,
                                                                 runner::Processes& processes,
                                                                 Clock::time_point now);
  // Other workers for the same plan, which load its code anew. What is out of service stays so, but
  // for what `code` names (Code::path()).
  [[nodiscard]] Result<std::unique_ptr<Generation>> startAgain(std::uint64_t generation,
                                                               const std::set<std::string>& code,
                                                               Clock::time_point now) const;
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;
  ~Generation();

  [[nodiscard]] const worker::Plan& plan() const { return prepared_.plan; }
  [[nodiscard]] const std::vector<Code>& code() const { return *prepared_.code; }
  [[nodiscard]] worker::SharedCounters& counters() const { return *counters_; }

  // Whether a worker has died, as it shouldn't: its code may be damaged.
  [[nodiscard]] bool suspicious() const { return suspicious_; }
  void setSuspicious(bool suspicious) { suspicious_ = suspicious; }
  // The routes that use this code (Code::path()) answer 503 from now on. Returns what they are, for
  // a line of the log: "/a, /b answer 503".
  std::string takeOutOfService(const std::string& code);

  // What to poll, and until when at most, before the next step().
  void addTo(std::vector<pollfd>& fds) const;
  [[nodiscard]] std::optional<Clock::time_point> deadline() const;
  // Hears who is ready and who died, starts workers again that are due, ends those that are late.
  void step(Clock::time_point now);

  // All workers have been ready at the same time; from then on dead ones are started again.
  [[nodiscard]] bool ready() const { return phase_ != Phase::kStarting; }
  // One died, or took too long, before all were ready; the log says how.
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool ended() const;

  // Lets the workers finish their connections (SIGUSR1) or only their requests (SIGTERM), at most
  // for drain_max. Those that don't end by then are killed.
  void retire(Clock::time_point now);
  void stop(Clock::time_point now);
  // At once.
  void kill();

 private:
  enum class Phase { kStarting, kServing, kRetiring, kStopping };
  struct Worker {
    pid_t pid = -1;    // -1: not running.
    UniqueFd control;  // Says when it is ready; the worker sees its end as ours.
    bool ready = false;
    Clock::time_point started;
    std::optional<Clock::time_point> restart;
    runner::BackOff back_off;
  };

  [[nodiscard]] static Result<std::unique_ptr<Generation>> make(Prepared prepared, Sockets sockets,
                                                                runner::Processes& processes,
                                                                Clock::time_point now);
  [[nodiscard]] Result<void> startWorkers(Clock::time_point now);
  Generation(Prepared prepared, std::unique_ptr<worker::SharedCounters> counters,
             TemporaryDirectory spool, Sockets sockets, runner::Processes& processes)
      : prepared_(std::move(prepared)),
        counters_(std::move(counters)),
        spool_(std::move(spool)),
        sockets_(std::move(sockets)),
        processes_(processes) {}
  [[nodiscard]] Result<void> startWorker(std::size_t index, Clock::time_point now);
  void readControl(Worker& worker);
  // Lets a worker that is ready accept connections.
  void release(const Worker& worker);
  void reap(std::size_t index, Clock::time_point now);
  void reapLeft();
  void onDeath(std::size_t index, int status, Clock::time_point now);
  // A worker has died while a guest of this route's module had the core.
  void blame(const worker::Route& guilty, Clock::time_point now);
  [[nodiscard]] const worker::Route* routeOf(std::size_t module) const;
  void signalAll(int number);

  const Prepared prepared_;
  const std::unique_ptr<worker::SharedCounters> counters_;
  const TemporaryDirectory spool_;
  const Sockets sockets_;
  runner::Processes& processes_;
  std::vector<Worker> workers_;
  std::vector<pid_t> left_;  // Process groups of workers that ended: their connectors may run on.
  std::map<std::string, Kills> kills_;  // By code.
  bool suspicious_ = false;
  Phase phase_ = Phase::kStarting;
  bool failed_ = false;
  Clock::time_point phase_deadline_;  // Of kStarting, kRetiring and kStopping.
};

}  // namespace wagi::supervisor
