#include "server/supervisor/plan_builder.h"

#include <iterator>
#include <utility>

namespace wagi::supervisor {

PlanBuilder::PlanBuilder(Description description, const artifact::Cache& cache,
                         const Supply& supply, Clock::time_point now)
    : description_(std::move(description)), cache_(cache), supply_(supply) {
  takeWarningsOf(description_.warnings);
  if (description_.fetch.empty()) {
    startInspecting();
  } else {
    startFetching(now);
  }
}

void PlanBuilder::takeWarningsOf(Diagnostics& warnings) {
  warnings_.insert(warnings_.end(), std::make_move_iterator(warnings.begin()),
                   std::make_move_iterator(warnings.end()));
  warnings.clear();
}

void PlanBuilder::startFetching(Clock::time_point now) {
  auto fetching = supply_.fetch(description_.fetch, now);
  if (!fetching) return failWith({{{}, std::move(fetching.error().message)}});
  fetching_ = *std::move(fetching);
}

void PlanBuilder::finishFetching() {
  auto fetched = fetching_->take();
  fetching_.reset();
  if (!fetched) return failWith({{{}, std::move(fetched.error().message)}});
  auto completed = complete(description_, *std::move(fetched));
  if (!completed) return failWith(std::move(completed.error()));
  takeWarningsOf(description_.warnings);
  startInspecting();
}

void PlanBuilder::startInspecting() {
  inspections_ = supply_.inspect(wantedBy(description_), cache_, description_.preparation);
}

void PlanBuilder::finishInspecting() {
  outcome_ = makePlan(description_, *inspections_);
  inspections_.reset();
  if (*outcome_) takeWarningsOf((*outcome_)->warnings);
}

bool PlanBuilder::step(Clock::time_point now) {
  if (fetching_ && fetching_->step(now)) finishFetching();
  if (inspections_ && inspections_->step(now)) finishInspecting();
  return outcome_.has_value();
}

void PlanBuilder::addTo(std::vector<pollfd>& fds) const {
  if (fetching_) fetching_->addTo(fds);
  if (inspections_) inspections_->addTo(fds);
}

std::optional<PlanBuilder::Clock::time_point> PlanBuilder::deadline() const {
  if (outcome_) return Clock::time_point();  // Long ago: the next step() says so.
  return fetching_ ? fetching_->deadline() : inspections_->deadline();
}

std::vector<artifact::Running> PlanBuilder::running(Clock::time_point now) const {
  if (fetching_) return fetching_->running(now);
  return inspections_ ? inspections_->running(now) : std::vector<artifact::Running>();
}

}  // namespace wagi::supervisor
