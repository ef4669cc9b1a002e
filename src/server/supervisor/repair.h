// Compiled code that was damaged in its file while workers have it mapped: found, compiled again,
// and served by new workers.
//
// Started when a worker has died as it shouldn't. Owned by the supervisor and used from its loop
// only.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/runner/clocks.h"
#include "server/supervisor/generation.h"
#include "supply/artifact/prepare.h"

namespace wagi::supervisor {

class Repair {
 public:
  using Clock = std::chrono::steady_clock;
  // How long step() reads code at a stretch.
  static constexpr std::chrono::milliseconds kVerifyMax{20};

  // Borrows all but the limits. `number` is that of the generation which it may start.
  Repair(Generation& damaged, const artifact::Cache& cache,
         artifact::ModulePreparation::Limits limits, std::uint64_t number,
         const runner::Clocks& clocks)
      : damaged_(damaged), cache_(cache), limits_(limits), number_(number), clocks_(clocks) {}

  // Whether it has ended. Never waits.
  [[nodiscard]] bool step(Clock::time_point now);
  void addTo(std::vector<pollfd>& fds) const;
  [[nodiscard]] std::optional<Clock::time_point> deadline() const;

  // Workers that are ready to take over; null where no code was damaged, or none could be mended:
  // the log says what of it. REQUIRES: step() returned true; once.
  [[nodiscard]] std::unique_ptr<Generation> takeGeneration() { return std::move(generation_); }

 private:
  void verify();
  [[nodiscard]] Result<void> mend(const Code& code) const;
  // Puts whole code in the place of what was damaged. False where nothing is to be started.
  [[nodiscard]] bool replace(Clock::time_point now);

  Generation& damaged_;
  const artifact::Cache& cache_;
  const artifact::ModulePreparation::Limits limits_;
  const std::uint64_t number_;
  const runner::Clocks& clocks_;
  std::size_t verified_ = 0;           // Of the code, in its order.
  std::vector<const Code*> suspects_;  // Code that turned out to be damaged.
  std::unique_ptr<artifact::ModulePreparation> preparation_;
  std::unique_ptr<Generation> generation_;
};

}  // namespace wagi::supervisor
