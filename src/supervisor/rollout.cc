#include "supervisor/rollout.h"

#include <malloc.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "supervisor/announce.h"

namespace wagi::supervisor {

Rollout::Rollout(Description description, Means means, Progress::Where progress)
    : description_(std::move(description)),
      means_(std::move(means)),
      preparation_(std::make_unique<artifact::Preparation>(
          modulePathsOf(description_), *means_.cache, description_.preparation)),
      progress_(progress) {
  logWarnings(description_.warnings);
}

Rollout::State Rollout::step(Clock::time_point now) {
  if (preparation_) {
    preparation_->step(now);
    progress_.update(preparation_->running(now));
    if (!preparation_->done()) return State::kPreparing;
    return startWorkers(now);
  }
  if (!generation_) return State::kFailed;
  generation_->step(now);
  if (generation_->failed()) return State::kFailed;
  return generation_->ready() ? State::kReady : State::kStarting;
}

Rollout::State Rollout::startWorkers(Clock::time_point now) {
  auto prepared = makePlan(description_, *preparation_);
  preparation_.reset();
  if (!prepared) {
    logMistakes(prepared.error());
    return State::kFailed;
  }
  logWarnings(prepared->warnings);
  // Workers are forked: what only the plan was made from would stay in each of them for good.
  description_.modules = {};
  ::malloc_trim(0);
  prepared->plan.generation = means_.generation;
  prepared->plan.log_dir = means_.log_dir;
  auto generation = Generation::start(*std::move(prepared), means_.listening, now);
  if (!generation) {
    spdlog::error("{}", generation.error().message);
    return State::kFailed;
  }
  generation_ = *std::move(generation);
  return State::kStarting;
}

void Rollout::addTo(std::vector<pollfd>& fds) const {
  if (preparation_) preparation_->addTo(fds);
  if (generation_) generation_->addTo(fds);
}

std::optional<Rollout::Clock::time_point> Rollout::deadline(Clock::time_point now) const {
  if (preparation_) {
    const auto due = preparation_->deadline().value_or(Clock::time_point::max());
    return std::min(due, now + Progress::kRefresh);
  }
  return generation_ ? generation_->deadline() : std::nullopt;
}

}  // namespace wagi::supervisor
