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
#include "base/unique_fd.h"
#include "net/http/ticket_keys.h"
#include "server/runner/clocks.h"
#include "server/runner/listener.h"
#include "server/supervisor/directories.h"
#include "server/supervisor/file_changes.h"
#include "server/supervisor/generation.h"
#include "server/supervisor/repair.h"
#include "server/supervisor/rollout.h"
#include "supply/artifact/cache.h"

namespace wagi::supervisor {

class Supervisor {
 public:
  // Generations that finish at their leisure; the connections of older ones end with the request
  // that runs.
  static constexpr std::size_t kRetiringMax = 4;

  // Blocks the signals that it waits for: from then on they are seen by run() only.
  explicit Supervisor(Flags flags, runner::Clocks clocks = {});

  // Serves `first` until it is told to stop (SIGTERM, SIGINT); the program's exit code.
  [[nodiscard]] int run(Description first);

 private:
  using Clock = std::chrono::steady_clock;

  // One turn of the loop.
  void wait(Clock::time_point now);
  void readSignals(Clock::time_point now);
  void stepRollout(Clock::time_point now);
  void stepGenerations(Clock::time_point now);
  void stepRepair(Clock::time_point now);
  void stepFiles(Clock::time_point now);
  [[nodiscard]] std::optional<Clock::time_point> deadline(Clock::time_point now) const;

  // Reloading.
  [[nodiscard]] Result<void> begin(Description description, Clock::time_point now);
  // `why` is for the log. Several requests before a reload begins are one.
  void requestChange(std::string_view why);
  void reload();
  void promote(Clock::time_point now);
  void retireCurrent(Clock::time_point now);
  void failRollout();
  [[nodiscard]] Result<std::shared_ptr<const artifact::Cache>> cacheFor(
      const Description& description) const;
  // The sockets that are open already, and new ones for the other addresses.
  [[nodiscard]] Result<std::vector<std::shared_ptr<const runner::Listener>>> listenersFor(
      const Description& description) const;
  // The keys of session tickets, made when TLS is served for the first time; null without TLS.
  [[nodiscard]] Result<const http::TicketKeys*> ticketKeysFor(const Description& description,
                                                              Clock::time_point now);
  void stepTicketKeys(Clock::time_point now);
  void watchFilesOf(const Description& description);

  void stop(Clock::time_point now);

  const Flags flags_;
  const runner::Clocks clocks_;
  const Supply supply_;
  runner::ForkedProcesses processes_;
  UniqueFd signals_;
  LogDirectory log_directory_;
  LogFormat log_format_ = LogFormat::kText;
  std::optional<FileChanges> files_;        // With `watch`, or where there are certificates.
  std::vector<std::string> project_files_;  // Of the project that is served.

  // What serves.
  std::shared_ptr<const artifact::Cache> cache_;  // A rollout shares it, unless it brings its own.
  artifact::Cache::Settings cache_settings_;
  // In the order of the plan. A rollout shares those that go on.
  std::vector<std::shared_ptr<const runner::Listener>> listeners_;
  std::unique_ptr<http::TicketKeys> ticket_keys_;  // Outlives the generations, which borrow it.
  Clock::time_point ticket_keys_due_;              // When the next key is made.
  std::unique_ptr<Generation> current_;
  std::vector<std::unique_ptr<Generation>> retiring_;

  artifact::ModulePreparation::Limits preparation_limits_;
  std::optional<Repair> repair_;  // Borrows current_ and cache_.
  runner::BackOff repair_pauses_;
  Clock::time_point repair_due_;  // At the earliest.

  // What is on its way.
  std::unique_ptr<Rollout> rollout_;
  bool change_requested_ = false;
  std::uint64_t generations_ = 0;
  bool stopping_ = false;
  std::optional<int> exit_code_;
};

}  // namespace wagi::supervisor
