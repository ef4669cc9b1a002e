// Makes many modules ready at once, in child processes, while the caller does something else. A
// module that was inspected before needs no child.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "supply/artifact/background_work.h"
#include "supply/artifact/cache.h"
#include "supply/artifact/child_job.h"
#include "supply/artifact/inspect.h"

namespace wagi::artifact {

// How long one call of step() looks for modules that were inspected before.
inline constexpr std::chrono::milliseconds kRecallMax{20};
// How many modules are inspected at once; the compiler itself uses all cores for one.
inline constexpr std::size_t kPrepareJobsMax = 4;

// Background work that inspects modules, and gives the results once it has ended.
class Inspections : public BackgroundWork {
 public:
  // The result for a module. REQUIRES: step() returned true, and `path` was given.
  [[nodiscard]] virtual const Result<Inspection>& of(const std::string& path) const = 0;
};

// For a process with one thread. The destructor ends the children that still run.
class ModulePreparation final : public Inspections {
 public:
  struct Limits {
    CompileLimits compile;  // For one module, all phases together.
    RoutesLimits routes;
  };

  // Two paths of one file are inspected as one module. Borrows `cache` and `clock`.
  ModulePreparation(const std::vector<InspectionRequest>& modules, const Cache& cache,
                    Limits limits, const wagi::Clock& clock = kSystemClock);

  // Recalls modules that are known, starts children for the others, takes their results, and ends
  // those that are late.
  bool step(Clock::time_point now) override;
  [[nodiscard]] bool done() const { return waiting_.empty() && running_.empty(); }
  void addTo(std::vector<pollfd>& fds) const override;
  [[nodiscard]] std::optional<Clock::time_point> deadline() const override;
  [[nodiscard]] std::vector<Running> running(Clock::time_point now) const override;
  [[nodiscard]] const Result<Inspection>& of(const std::string& path) const override;

 private:
  struct Job {
    InspectionRequest wanted;
    Clock::time_point started;
    ChildJob child;
    std::size_t directories;  // How many the cache had when the job started.
  };
  [[nodiscard]] bool canStart() const {
    return !waiting_.empty() && running_.size() < kPrepareJobsMax;
  }
  [[nodiscard]] std::optional<Clock::time_point> endOf(const Job& job) const;
  void startNext(Clock::time_point now);
  void take(Job& job);
  [[nodiscard]] Error explain(const Job& job, Error error) const;
  void finish(const std::string& path, Result<Inspection> found);

  const Cache& cache_;
  const Limits limits_;
  const wagi::Clock& clock_;
  // From each path that was given to the one under which its file is inspected.
  std::map<std::string, std::string> canonical_;
  std::vector<InspectionRequest> waiting_;  // In reverse: the next one is last.
  std::vector<Job> running_;
  std::map<std::string, Result<Inspection>> found_;  // By the path that stands for it.
};

}  // namespace wagi::artifact
