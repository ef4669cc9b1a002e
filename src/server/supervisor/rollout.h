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

#include "server/runner/listener.h"
#include "server/supervisor/description.h"
#include "server/supervisor/generation.h"
#include "server/supervisor/plan_builder.h"
#include "server/supervisor/progress.h"

namespace wagi::supervisor {

// Things that a rollout is given beside the description.
struct RolloutInputs {
  std::shared_ptr<const artifact::Cache> cache;
  // In the description's order. Those that the generation before listens on, too, are shared.
  std::vector<std::shared_ptr<const runner::Listener>> listeners;
  const http::TicketKeys* ticket_keys = nullptr;  // Null where no listener has TLS.
  std::string log_dir;
  std::uint64_t generation = 1;
};

class Rollout {
 public:
  using Clock = std::chrono::steady_clock;
  enum class State {
    kPreparing,  // The plan is made.
    kStarting,   // Workers start.
    kReady,
    kFailed,  // The log says why.
  };

  // Borrows `supply` and `processes`.
  Rollout(Description description, RolloutInputs inputs, const Supply& supply,
          runner::Processes& processes, Progress::Where progress, Clock::time_point now);

  [[nodiscard]] State step(Clock::time_point now);
  void addTo(std::vector<pollfd>& fds) const;
  [[nodiscard]] std::optional<Clock::time_point> deadline(Clock::time_point now) const;

  // REQUIRES: kReady; each once. The description is without its modules.
  [[nodiscard]] std::unique_ptr<Generation> takeGeneration() { return std::move(generation_); }
  [[nodiscard]] Description takeDescription() { return std::move(description_); }
  [[nodiscard]] RolloutInputs takeInputs() { return std::move(inputs_); }

 private:
  [[nodiscard]] State startWorkers(Clock::time_point now);

  runner::Processes& processes_;
  RolloutInputs inputs_;                // Before builder_, which borrows the cache.
  std::optional<PlanBuilder> builder_;  // Until the plan is made.
  Description description_;             // From then on.
  std::unique_ptr<Generation> generation_;
  Progress progress_;
};

}  // namespace wagi::supervisor
