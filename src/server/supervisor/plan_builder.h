// The way from a description to the plan that workers follow: what is elsewhere is fetched, the
// description completed, modules compiled and checked, and the plan made.
//
// There is no other way: a server's start and its reloads go it (rollout.h), and so do those who
// only want to know (validate.h).
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "server/supervisor/description.h"
#include "server/supervisor/planner.h"
#include "supply/artifact/background_work.h"
#include "supply/artifact/prepare.h"
#include "supply/source/fetching.h"

namespace wagi::supervisor {

// How the parts of a plan come about: in child processes, unless a test has its own answers.
struct Supply {
  using Clock = artifact::BackgroundWork::Clock;
  std::function<Result<std::unique_ptr<source::Fetching>>(const source::FetchRequest& request,
                                                          Clock::time_point now)>
      fetch = source::startFetching;
  std::function<std::unique_ptr<artifact::Inspections>(
      const std::vector<artifact::InspectionRequest>& wanted, const artifact::Cache& cache,
      const artifact::ModulePreparation::Limits& limits)>
      inspect = [](const auto& wanted, const auto& cache, const auto& limits) {
        return std::make_unique<artifact::ModulePreparation>(wanted, cache, limits);
      };
};

class PlanBuilder final : public artifact::BackgroundWork {
 public:
  // Borrows `cache` and `supply`.
  PlanBuilder(Description description, const artifact::Cache& cache, const Supply& supply,
              Clock::time_point now);

  bool step(Clock::time_point now) override;
  void addTo(std::vector<pollfd>& fds) const override;
  [[nodiscard]] std::optional<Clock::time_point> deadline() const override;
  [[nodiscard]] std::vector<artifact::Running> running(Clock::time_point now) const override;

  // The warnings of all steps so far that nobody has taken yet.
  [[nodiscard]] Diagnostics takeWarnings() { return std::exchange(warnings_, {}); }
  // The plan, or the mistakes of the step that failed. REQUIRES: step() returned true; once.
  [[nodiscard]] std::expected<Prepared, Diagnostics> take() { return *std::move(outcome_); }
  [[nodiscard]] Description takeDescription() { return std::move(description_); }

 private:
  void startFetching(Clock::time_point now);
  void finishFetching();
  void startInspecting();
  void finishInspecting();
  void takeWarningsOf(Diagnostics& warnings);
  void failWith(Diagnostics mistakes) { outcome_.emplace(std::unexpect, std::move(mistakes)); }

  Description description_;
  const artifact::Cache& cache_;
  const Supply& supply_;
  std::unique_ptr<source::Fetching> fetching_;  // While that step runs; so is the next.
  std::unique_ptr<artifact::Inspections> inspections_;
  std::optional<std::expected<Prepared, Diagnostics>> outcome_;
  Diagnostics warnings_;
};

}  // namespace wagi::supervisor
