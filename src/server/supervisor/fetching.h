// What a server takes from elsewhere: modules of registries and bindles, and a project folder's
// files. Fetched by a child process, which may take minutes, into the store, so that nothing but
// files of this machine is left for what comes after it.
#pragma once

#include <poll.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "server/supervisor/errand.h"
#include "supply/artifact/child_job.h"
#include "supply/artifact/prepare.h"

namespace wagi::supervisor {

// What became of an errand.
struct Fetched {
  std::map<std::string, std::string> paths;   // From each reference to its file.
  std::map<std::string, std::string> errors;  // Of those that couldn't be had.
  // The [[module]] tables of a bindle or a project folder, and what they are called in messages.
  std::string modules, modules_name;
  std::vector<std::string> files;  // Of the project folder: what is watched.
  std::vector<std::string> warnings;

  [[nodiscard]] std::string serialize() const;
  [[nodiscard]] static Result<Fetched> deserialize(std::string_view bytes);
};

// Runs the whole errand, and waits for it. REQUIRES: a process of its own, which then ends.
[[nodiscard]] Result<Fetched> fetch(const Errand& errand);

// The same in a child, from a process without threads. Destroying it ends the child.
class Fetching {
 public:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] static Result<Fetching> start(const Errand& errand, Clock::time_point now);

  // Never waits. Whether the child has ended.
  [[nodiscard]] bool step() { return child_.read(); }
  void addTo(std::vector<pollfd>& fds) const { fds.push_back({child_.fd(), POLLIN, 0}); }
  // For a Progress.
  [[nodiscard]] artifact::Preparation::Running running(Clock::time_point now) const {
    return {what_, artifact::Phase::kFetching, now - started_};
  }

  // REQUIRES: step() returned true; once.
  [[nodiscard]] Result<Fetched> take();

 private:
  Fetching(artifact::ChildJob child, std::string what, Clock::time_point started)
      : child_(std::move(child)), what_(std::move(what)), started_(started) {}

  artifact::ChildJob child_;
  std::string what_;  // For a person who waits.
  Clock::time_point started_;
};

// For those who only want to know: waits, and shows progress on a terminal.
[[nodiscard]] Result<Fetched> fetchAndWait(const Errand& errand);

}  // namespace wagi::supervisor
