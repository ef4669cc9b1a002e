// The generation of workers that serves, and the older ones that finish what they have begun.
#pragma once

#include <poll.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/earliest.h"

namespace wagi::runner {

// `Generation` has step(), addTo(), deadline(), retire(), stop() and ended() as WorkerGroup has
// them, and drainMax(). Used from the loop of the first process.
template <class Generation>
class Generations {
 public:
  using Clock = std::chrono::steady_clock;
  // Generations that finish at their leisure; the connections of older ones end with the request
  // that runs.
  static constexpr std::size_t kRetiringMax = 4;

  // The one that serves; null before the first, and once stop() was called.
  [[nodiscard]] Generation* current() const { return current_.get(); }
  [[nodiscard]] bool stopping() const { return stopping_; }
  // Nobody is left after stop().
  [[nodiscard]] bool ended() const { return stopping_ && retiring_.empty(); }

  // Serves with `next`, whose workers are ready, and retires the one before. REQUIRES: !stopping().
  void promote(std::unique_ptr<Generation> next, Clock::time_point now) {
    auto before = std::exchange(current_, std::move(next));
    if (!before) return;
    before->retire(now);
    retiring_.push_back(std::move(before));
    // Frequent reloads and long answers must not pile up processes without end.
    if (retiring_.size() > kRetiringMax) retiring_[retiring_.size() - 1 - kRetiringMax]->stop(now);
  }

  // Lets all finish their requests; when called again, ends them at once.
  void stop(Clock::time_point now) {
    if (stopping_) {
      spdlog::warn("stopping at once");
      retiring_.clear();
      return;
    }
    stopping_ = true;
    if (current_) retiring_.push_back(std::move(current_));
    const std::chrono::milliseconds drain_max{retiring_.empty() ? std::chrono::milliseconds(0)
                                                                : retiring_.back()->drainMax()};
    spdlog::info("stopping: running requests may take up to {} s", drain_max.count() / 1'000);
    for (const auto& generation : retiring_) generation->stop(now);
  }

  void step(Clock::time_point now) {
    if (current_) current_->step(now);
    for (const auto& generation : retiring_) generation->step(now);
    std::erase_if(retiring_, [](const auto& generation) { return generation->ended(); });
  }
  void addTo(std::vector<pollfd>& fds) const {
    if (current_) current_->addTo(fds);
  }
  [[nodiscard]] std::optional<Clock::time_point> deadline() const {
    Earliest<Clock::time_point> earliest;
    if (current_) earliest.consider(current_->deadline());
    for (const auto& generation : retiring_) earliest.consider(generation->deadline());
    return earliest.value();
  }

 private:
  std::unique_ptr<Generation> current_;
  std::vector<std::unique_ptr<Generation>> retiring_;
  bool stopping_ = false;
};

}  // namespace wagi::runner
