// Many modules made ready at once, in child processes, while the caller does something else. Those
// that were inspected before need none.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "supply/artifact/cache.h"
#include "supply/artifact/child_job.h"
#include "supply/artifact/inspect.h"

namespace wagi::artifact {

// How long step() looks for modules that were inspected before; the rest is left to the next one.
inline constexpr std::chrono::milliseconds kRecallMax{20};
// How many modules are inspected at once; the compiler itself uses all cores for one.
inline constexpr std::size_t kPrepareJobsMax = 4;

// Used from one thread, in a process that has no other. Destroying it ends what still runs.
class Preparation {
 public:
  using Clock = std::chrono::steady_clock;
  struct Limits {
    CompileLimits compile;  // For one module, all phases together.
    RoutesLimits routes;
  };
  struct Running {
    std::string path;
    Phase phase;
    Clock::duration since_start;
  };

  // Paths that name the same file are one file. Borrows `cache`.
  Preparation(const std::vector<Wanted>& modules, const Cache& cache, Limits limits);

  // Recalls what is known, starts children for the rest, takes what they say, ends those that are
  // late. Never waits.
  void step(Clock::time_point now);
  [[nodiscard]] bool done() const { return waiting_.empty() && running_.empty(); }
  // What to poll, and until when at most, before the next step().
  void addTo(std::vector<pollfd>& fds) const;
  [[nodiscard]] std::optional<Clock::time_point> deadline() const;
  [[nodiscard]] std::vector<Running> running(Clock::time_point now) const;

  // REQUIRES: done(), and `path` was given.
  [[nodiscard]] const Result<Facts>& of(const std::string& path) const;

 private:
  struct Job {
    Wanted wanted;
    Clock::time_point started;
    ChildJob child;
    std::size_t directories;  // That the cache had when it started.
  };
  [[nodiscard]] bool canStart() const {
    return !waiting_.empty() && running_.size() < kPrepareJobsMax;
  }
  [[nodiscard]] std::optional<Clock::time_point> endOf(const Job& job) const;
  void startNext(Clock::time_point now);
  void take(Job& job);
  [[nodiscard]] Error explain(const Job& job, Error error) const;
  void finish(const std::string& path, Result<Facts> facts);

  const Cache& cache_;
  const Limits limits_;
  std::map<std::string, std::string>
      canonical_;                // From each path given to the one that stands for it.
  std::vector<Wanted> waiting_;  // Last one first.
  std::vector<Job> running_;
  std::map<std::string, Result<Facts>> facts_;
};

}  // namespace wagi::artifact
