#include "server/supervisor/rollout.h"

#include <malloc.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "server/supervisor/announce.h"

namespace wagi::supervisor {

Rollout::Rollout(Description description, const Flags& flags, Means means, Progress::Where progress)
    : description_(std::move(description)),
      flags_(flags),
      means_(std::move(means)),
      progress_(progress) {
  logWarnings(description_.warnings);
  if (description_.errand.empty()) {
    startPreparing();
  } else {
    startFetching(Clock::now());
  }
}

void Rollout::startFetching(Clock::time_point now) {
  auto fetching = Fetching::start(description_.errand, now);
  if (fetching) {
    fetching_.emplace(*std::move(fetching));
  } else {
    spdlog::error("{}", fetching.error().message);
  }
}

bool Rollout::finishFetching() {
  const auto fetched = fetching_->take();
  fetching_.reset();
  if (!fetched) {
    spdlog::error("{}", fetched.error().message);
    return false;
  }
  description_.warnings.clear();  // They were logged.
  if (const auto completed = complete(description_, flags_, *fetched); !completed) {
    logMistakes(completed.error());
    return false;
  }
  logWarnings(description_.warnings);
  startPreparing();
  return true;
}

void Rollout::startPreparing() {
  preparation_ = std::make_unique<artifact::Preparation>(wantedBy(description_), *means_.cache,
                                                         description_.preparation);
}

Rollout::State Rollout::step(Clock::time_point now) {
  if (fetching_) {
    const bool ended = fetching_->step();
    progress_.update(ended ? std::vector<artifact::Preparation::Running>()
                           : std::vector{fetching_->running(now)});
    if (!ended) return State::kPreparing;
    if (!finishFetching()) return State::kFailed;
  }
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
  if (fetching_) fetching_->addTo(fds);
  if (preparation_) preparation_->addTo(fds);
  if (generation_) generation_->addTo(fds);
}

std::optional<Rollout::Clock::time_point> Rollout::deadline(Clock::time_point now) const {
  if (fetching_) return now + Progress::kRefresh;
  if (preparation_) {
    const auto due = preparation_->deadline().value_or(Clock::time_point::max());
    return std::min(due, now + Progress::kRefresh);
  }
  return generation_ ? generation_->deadline() : std::nullopt;
}

}  // namespace wagi::supervisor
