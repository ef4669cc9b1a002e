// The process that owns the listening socket and the workers: it starts, watches, reloads and stops
// them, and never runs a guest or touches a connection itself.
//
// One thread and one loop. A reload is a rollout of a new generation beside the one that serves;
// only when that is ready is the old one retired. Whatever fails on the way leaves the old one
// serving. What is to be served is described anew for one reason only, a requested change: SIGHUP
// and files that changed are two of those who request it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http/ticket_keys.h"
#include "server/runner/clocks.h"
#include "server/runner/file_changes.h"
#include "server/runner/generations.h"
#include "server/runner/listener.h"
#include "server/runner/processes.h"
#include "server/runner/runner.h"
#include "server/runner/ticket_rotation.h"
#include "server/supervisor/directories.h"
#include "server/supervisor/generation.h"
#include "server/supervisor/repair.h"
#include "server/supervisor/rollout.h"
#include "supply/artifact/cache.h"

namespace wagi::supervisor {

class Supervisor final : public runner::Program {
 public:
  // Blocks the signals that it waits for: from then on they are seen by run() only.
  explicit Supervisor(Flags flags, runner::Clocks clocks = {});

  // Serves `first` until it is told to stop (SIGTERM, SIGINT); the program's exit code.
  [[nodiscard]] int run(Description first);

 private:
  // One turn of the runner's loop.
  [[nodiscard]] std::optional<int> step(Clock::time_point now) override;
  void addTo(std::vector<pollfd>& fds) const override;
  [[nodiscard]] std::optional<Clock::time_point> deadline(Clock::time_point now) const override;
  void reload() override { requestChange("SIGHUP"); }
  void stop(Clock::time_point now) override;

  void stepRollout(Clock::time_point now);
  void stepRepair(Clock::time_point now);
  void stepFiles(Clock::time_point now);

  // Reloading.
  [[nodiscard]] Result<void> begin(Description description, Clock::time_point now);
  // `why` is for the log. Several requests before a reload begins are one.
  void requestChange(std::string_view why);
  void beginReload();
  void promote(Clock::time_point now);
  void failRollout();
  [[nodiscard]] Result<std::shared_ptr<const artifact::Cache>> cacheFor(
      const Description& description) const;
  // The sockets that are open already, and new ones for the other addresses.
  [[nodiscard]] Result<std::vector<std::shared_ptr<const runner::Listener>>> listenersFor(
      const Description& description) const;
  // Null where no listener has TLS.
  [[nodiscard]] Result<const http::TicketKeys*> ticketKeysFor(const Description& description,
                                                              Clock::time_point now);
  void watchFilesOf(const Description& description);

  const Flags flags_;
  runner::Runner runner_;
  const Supply supply_;
  runner::ForkedProcesses processes_;
  LogDirectory log_directory_;
  LogFormat log_format_ = LogFormat::kText;
  std::optional<runner::FileChanges> files_;  // With `watch`, or where there are certificates.
  std::vector<std::string> project_files_;    // Files of the project that is served.

  // The state of what serves.
  std::shared_ptr<const artifact::Cache> cache_;  // A rollout shares it, unless it brings its own.
  artifact::Cache::Settings cache_settings_;
  // In the order of the plan. A rollout shares those that go on.
  std::vector<std::shared_ptr<const runner::Listener>> listeners_;
  runner::TicketRotation ticket_keys_;  // Outlives the generations, which borrow it.
  runner::Generations<Generation> serving_;

  artifact::ModulePreparation::Limits preparation_limits_;
  std::optional<Repair> repair_;  // Borrows the current generation and cache_.
  runner::BackOff repair_pauses_;
  Clock::time_point repair_due_;  // At the earliest.

  // The state of a reload, and of the end.
  std::unique_ptr<Rollout> rollout_;
  bool change_requested_ = false;
  std::uint64_t generations_ = 0;  // How many were begun.
  std::optional<int> exit_code_;
};

}  // namespace wagi::supervisor
