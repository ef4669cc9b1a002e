#include "server/supervisor/rollout.h"

#include <malloc.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "server/supervisor/announce.h"

namespace wagi::supervisor {

Rollout::Rollout(Description description, RolloutInputs inputs, const Supply& supply,
                 runner::Processes& processes, Progress::Where progress, Clock::time_point now)
    : processes_(processes), inputs_(std::move(inputs)), progress_(progress) {
  builder_.emplace(std::move(description), *inputs_.cache, supply, now);
  logWarnings(builder_->takeWarnings());
}

Rollout::State Rollout::step(Clock::time_point now) {
  if (builder_) {
    const bool ended = builder_->step(now);
    logWarnings(builder_->takeWarnings());
    progress_.update(builder_->running(now));
    return ended ? startWorkers(now) : State::kPreparing;
  }
  if (!generation_) return State::kFailed;
  generation_->step(now);
  if (generation_->failed()) return State::kFailed;
  return generation_->ready() ? State::kReady : State::kStarting;
}

Rollout::State Rollout::startWorkers(Clock::time_point now) {
  auto prepared = builder_->take();
  description_ = builder_->takeDescription();
  builder_.reset();
  if (!prepared) {
    logMistakes(prepared.error());
    return State::kFailed;
  }
  // Workers are forked: what only the plan was made from would stay in each of them for good.
  description_.modules = {};
  ::malloc_trim(0);
  prepared->plan.generation = inputs_.generation;
  prepared->plan.log_dir = inputs_.log_dir;
  runner::Sockets sockets{.listening = {}, .ticket_keys = inputs_.ticket_keys};
  for (std::size_t i = 0; i < inputs_.listeners.size(); ++i) {
    prepared->plan.listeners[i].endpoint = inputs_.listeners[i]->endpoint;
    sockets.listening.push_back(inputs_.listeners[i]->fd.get());
  }
  auto generation = Generation::start(*std::move(prepared), std::move(sockets), processes_, now);
  if (!generation) {
    spdlog::error("{}", generation.error().message);
    return State::kFailed;
  }
  generation_ = *std::move(generation);
  return State::kStarting;
}

void Rollout::addTo(std::vector<pollfd>& fds) const {
  if (builder_) builder_->addTo(fds);
  if (generation_) generation_->addTo(fds);
}

std::optional<Rollout::Clock::time_point> Rollout::deadline(Clock::time_point now) const {
  if (builder_) {
    return std::min(builder_->deadline().value_or(Clock::time_point::max()),
                    now + Progress::kRefresh);
  }
  return generation_ ? generation_->deadline() : std::nullopt;
}

}  // namespace wagi::supervisor
