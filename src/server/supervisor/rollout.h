// The way from a description to workers that are ready to serve it: at the start, and at each
// reload.
//
// Owned by the supervisor and used from its loop only. A rollout that fails, or is destroyed on the
// way, leaves nothing behind.
#pragma once

#include <poll.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/supervisor/description.h"
#include "server/supervisor/generation.h"
#include "server/supervisor/listener.h"
#include "server/supervisor/progress.h"
#include "supply/artifact/prepare.h"

namespace wagi::supervisor {

class Rollout {
 public:
  using Clock = std::chrono::steady_clock;
  enum class State {
    kPreparing,  // Modules are fetched, compiled and checked.
    kStarting,   // Workers start.
    kReady,
    kFailed,  // The log says why.
  };

  // What it brings beside the description. A null listener is the one in use, which goes on.
  struct Means {
    std::shared_ptr<const artifact::Cache> cache;
    std::optional<Listener> new_listener;
    int listening = -1;  // The socket of new_listener, or of the one in use.
    std::string log_dir;
    std::uint64_t generation = 1;
  };
  // Borrows `flags`, which the description was made from.
  Rollout(Description description, const Flags& flags, Means means, Progress::Where progress);

  [[nodiscard]] State step(Clock::time_point now);
  void addTo(std::vector<pollfd>& fds) const;
  [[nodiscard]] std::optional<Clock::time_point> deadline(Clock::time_point now) const;

  [[nodiscard]] const Description& description() const { return description_; }
  // REQUIRES: kReady; each once.
  [[nodiscard]] std::unique_ptr<Generation> takeGeneration() { return std::move(generation_); }
  [[nodiscard]] Means takeMeans() { return std::move(means_); }

 private:
  void startFetching(Clock::time_point now);
  [[nodiscard]] bool finishFetching();  // False: it failed, and the log says why.
  void startPreparing();
  [[nodiscard]] State startWorkers(Clock::time_point now);

  Description description_;
  const Flags& flags_;
  Means means_;  // Before preparation_, which borrows the cache.
  std::optional<Fetching> fetching_;
  std::unique_ptr<artifact::Preparation> preparation_;
  std::unique_ptr<Generation> generation_;
  Progress progress_;
};

}  // namespace wagi::supervisor
