// The files behind what is served: a reason to describe it anew, once a change of them has settled.
#pragma once

#include <spdlog/spdlog.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "server/runner/debounce.h"
#include "server/runner/watcher.h"

namespace wagi::runner {

// Used from the first process's loop.
class FileChanges {
 public:
  using Clock = Debounce::Clock;

  [[nodiscard]] static Result<FileChanges> create() {
    auto watcher = Watcher::create();
    if (!watcher) return std::unexpected(std::move(watcher.error()));
    return FileChanges(*std::move(watcher));
  }

  // Replaces the set; see Watcher::watch().
  [[nodiscard]] std::vector<std::string> watch(const std::vector<std::string>& files) {
    return watcher_.watch(files);
  }
  // To be polled for reading; then read() is due.
  [[nodiscard]] int fd() const { return watcher_.fd(); }
  void read(Clock::time_point now) {
    if (watcher_.read()) settling_.touch(now);
  }
  // When take() has something to look at.
  [[nodiscard]] std::optional<Clock::time_point> due() const { return settling_.due(); }
  // Whether a file has changed, and all has been quiet since.
  [[nodiscard]] bool take(Clock::time_point now) {
    return settling_.take(now) && watcher_.changed();
  }

 private:
  explicit FileChanges(Watcher watcher) : watcher_(std::move(watcher)) {}

  Watcher watcher_;
  Debounce settling_;
};

// Replaces the set of `changes`, which is made where it is missing. A failure is logged: what
// serves does so without being told of changes.
inline void watch(std::optional<FileChanges>& changes, const std::vector<std::string>& files) {
  if (!changes) {
    auto created = FileChanges::create();
    if (!created) {
      spdlog::error("{}", created.error().message);
      return;
    }
    changes.emplace(*std::move(created));
  }
  for (const std::string& failure : changes->watch(files)) {
    spdlog::warn("can't watch {}", failure);
  }
}

}  // namespace wagi::runner
