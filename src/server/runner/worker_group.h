// The worker processes of one generation of a server: started, watched, started again when they
// die, and ended in an orderly way.
//
// Owned by the process that started them and used from its loop only. Destroying one kills its
// workers.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "server/runner/backoff.h"
#include "server/runner/processes.h"
#include "server/runner/sockets.h"

namespace wagi::runner {

class WorkerGroup {
 public:
  using Clock = std::chrono::steady_clock;
  // Beyond the time that a worker gives its own connections.
  static constexpr std::chrono::milliseconds kGrace{2'000};
  static constexpr std::chrono::milliseconds kReadyMax{60'000};  // For all workers to be ready.

  struct Settings {
    std::string name;              // Of the processes, before their index.
    std::uint64_t generation = 1;  // For the log.
    std::size_t workers = 1;
    std::chrono::milliseconds drain_max{30'000};
    Sockets sockets = {};
    std::vector<int> keep = {};  // Descriptors that workers need beside their sockets.
    // Serves in the worker's process, until it is told to stop; the process's exit code.
    std::function<int(const WorkerSockets& sockets)> work;
  };
  struct Death {
    std::size_t index = 0;
    pid_t pid = -1;
    int status = 0;  // As waitpid(2) gives it.
    // Until it is started again; absent while the group starts or ends, which the log has told.
    std::optional<std::chrono::milliseconds> pause = {};
  };

  // Borrows `processes`.
  WorkerGroup(Settings settings, Processes& processes)
      : settings_(std::move(settings)), processes_(processes), workers_(settings_.workers) {}
  WorkerGroup(const WorkerGroup&) = delete;
  WorkerGroup& operator=(const WorkerGroup&) = delete;
  ~WorkerGroup();

  // Called once. The error says why a process couldn't be started.
  [[nodiscard]] Result<void> start(Clock::time_point now);

  // The descriptors to poll, and until when at most, before the next step().
  void addTo(std::vector<pollfd>& fds) const;
  [[nodiscard]] std::optional<Clock::time_point> deadline() const;
  // Hears who is ready and who died, starts workers again that are due, ends those that are late.
  // Returns those that died; the caller logs the deaths that have a pause.
  [[nodiscard]] std::vector<Death> step(Clock::time_point now);

  // All workers have been ready at the same time; from then on dead ones are started again.
  [[nodiscard]] bool ready() const { return phase_ != Phase::kStarting; }
  // One died, or took too long, before all were ready; the log says how.
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool ended() const;

  // Lets the workers finish their connections (SIGUSR1) or only their requests (SIGTERM), at most
  // for drain_max. Those that don't end by then are killed.
  void retire(Clock::time_point now);
  void stop(Clock::time_point now);

  [[nodiscard]] const Sockets& sockets() const { return settings_.sockets; }

 private:
  enum class Phase { kStarting, kServing, kRetiring, kStopping };
  struct Worker {
    pid_t pid = -1;    // -1: not running.
    UniqueFd control;  // Says when it is ready; the worker sees its end as ours.
    bool ready = false;
    Clock::time_point started;
    std::optional<Clock::time_point> restart;
    BackOff back_off;
  };

  [[nodiscard]] Result<void> startWorker(std::size_t index, Clock::time_point now);
  void readControl(Worker& worker);
  // Lets a worker that is ready accept connections.
  void release(const Worker& worker);
  [[nodiscard]] std::optional<Death> reap(std::size_t index, Clock::time_point now);
  void reapLeft();
  void end(Phase phase, int number, Clock::time_point now);
  void signalAll(int number);

  const Settings settings_;
  Processes& processes_;
  std::vector<Worker> workers_;
  std::vector<pid_t> left_;  // Process groups of workers that ended: their helpers may run on.
  Phase phase_ = Phase::kStarting;
  bool failed_ = false;
  Clock::time_point phase_deadline_;  // When kStarting, kRetiring or kStopping must end.
};

// Logs a death that has a pause; `during` says what the worker was doing, such as " while X ran".
void logDeath(const WorkerGroup::Death& death, const std::string& during = {});

}  // namespace wagi::runner
