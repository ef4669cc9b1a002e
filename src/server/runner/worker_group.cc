#include "server/runner/worker_group.h"

#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

#include "base/earliest.h"

namespace wagi::runner {
namespace {

std::string describeEnd(int status) {
  if (WIFSIGNALED(status)) {
    return fmt::format("was ended by signal {} ({}){}", WTERMSIG(status),
                       ::strsignal(WTERMSIG(status)),
                       WTERMSIG(status) == SIGSYS
                           ? ": it made a system call that no worker makes, as one would that a "
                             "guest had broken out into"
                           : "");
  }
  return fmt::format("ended with code {}", WEXITSTATUS(status));
}

}  // namespace

void logDeath(const WorkerGroup::Death& death, const std::string& during) {
  spdlog::error("worker {} (process {}) {}{}; it is started again in {} ms", death.index, death.pid,
                describeEnd(death.status), during, death.pause->count());
}

WorkerGroup::~WorkerGroup() {
  signalAll(SIGKILL);
  for (const Worker& worker : workers_) {
    if (worker.pid < 0) continue;
    processes_.await(worker.pid);
    left_.push_back(worker.pid);
  }
  for (const pid_t group : left_) processes_.endGroup(group);
}

Result<void> WorkerGroup::start(Clock::time_point now) {
  phase_deadline_ = now + kReadyMax;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (auto started = startWorker(i, now); !started) return started;
  }
  return {};
}

// A worker's process group is its own, and its helpers': those end when they see the worker's end,
// and are ours by then (PR_SET_CHILD_SUBREAPER).
void WorkerGroup::reapLeft() {
  std::erase_if(left_, [this](pid_t group) { return processes_.isGone(group); });
}

Result<void> WorkerGroup::startWorker(std::size_t index, Clock::time_point now) {
  const Sockets& sockets = settings_.sockets;
  const auto work = [this, &sockets, index](int control) {
    // A worker has the keys, and no process that it starts.
    if (sockets.ticket_keys != nullptr) sockets.ticket_keys->lend(false);
    return settings_.work({.listening = sockets.listening,
                           .control = control,
                           .index = index,
                           .ticket_keys = sockets.ticket_keys});
  };
  std::vector<int> keep = settings_.keep;
  keep.insert(keep.end(), sockets.listening.begin(), sockets.listening.end());
  if (sockets.ticket_keys != nullptr) sockets.ticket_keys->lend(true);
  auto started =
      processes_.start({fmt::format("{}{}", settings_.name, index), work, std::move(keep)});
  if (sockets.ticket_keys != nullptr) sockets.ticket_keys->lend(false);
  if (!started) return std::unexpected(std::move(started.error()));

  Worker& worker = workers_[index];
  worker.pid = started->pid;
  worker.control = std::move(started->control);
  worker.ready = false;
  worker.started = now;
  worker.restart.reset();
  return {};
}

void WorkerGroup::addTo(std::vector<pollfd>& fds) const {
  for (const Worker& worker : workers_) {
    if (worker.control && !worker.ready) fds.push_back({worker.control.get(), POLLIN, 0});
  }
}

std::optional<WorkerGroup::Clock::time_point> WorkerGroup::deadline() const {
  Earliest<Clock::time_point> earliest;
  if (phase_ != Phase::kServing) earliest.consider(phase_deadline_);
  for (const Worker& worker : workers_) {
    earliest.consider(worker.restart);
    if (phase_ == Phase::kServing && worker.pid >= 0 && !worker.ready) {
      earliest.consider(worker.started + kReadyMax);
    }
  }
  return earliest.value();
}

std::vector<WorkerGroup::Death> WorkerGroup::step(Clock::time_point now) {
  std::vector<Death> deaths;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    readControl(workers_[i]);
    if (auto death = reap(i, now)) deaths.push_back(*death);
  }
  reapLeft();
  if (phase_ == Phase::kStarting && !failed_) {
    if (std::ranges::all_of(workers_, &Worker::ready)) {
      phase_ = Phase::kServing;
      for (const Worker& worker : workers_) release(worker);
    } else if (now >= phase_deadline_) {
      spdlog::error("the workers weren't ready within {} s", kReadyMax.count() / 1000);
      failed_ = true;
    }
  }
  if ((phase_ == Phase::kRetiring || phase_ == Phase::kStopping) && now >= phase_deadline_) {
    spdlog::warn("killing workers of generation {} that didn't end in time", settings_.generation);
    signalAll(SIGKILL);
    phase_deadline_ = now + kGrace;
  }
  for (const Worker& worker : workers_) {
    const bool late = worker.pid >= 0 && !worker.ready && now >= worker.started + kReadyMax;
    if (phase_ != Phase::kServing || !late) continue;
    spdlog::error("process {} wasn't ready within {} s", worker.pid, kReadyMax.count() / 1000);
    processes_.signal(worker.pid, SIGKILL);
  }
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (!workers_[i].restart || now < *workers_[i].restart) continue;
    if (auto started = startWorker(i, now); !started) {
      spdlog::error("{}", started.error().message);
      workers_[i].restart = now + workers_[i].back_off.delayAfter(now, now);
    }
  }
  return deaths;
}

void WorkerGroup::readControl(Worker& worker) {
  char byte = 0;
  if (worker.control && !worker.ready && ::read(worker.control.get(), &byte, 1) == 1) {
    worker.ready = true;
    if (phase_ == Phase::kServing) release(worker);
  }
}

void WorkerGroup::release(const Worker& worker) {
  // One that died meanwhile is noticed by reap().
  std::ignore = ::send(worker.control.get(), "G", 1, MSG_NOSIGNAL);
}

std::optional<WorkerGroup::Death> WorkerGroup::reap(std::size_t index, Clock::time_point now) {
  Worker& worker = workers_[index];
  if (worker.pid < 0) return std::nullopt;
  const auto status = processes_.statusOf(worker.pid);
  if (!status) return std::nullopt;
  Death death{.index = index, .pid = std::exchange(worker.pid, -1), .status = *status};
  left_.push_back(death.pid);
  worker.control.reset();
  switch (phase_) {
    case Phase::kStarting:
      if (!failed_) spdlog::error("worker {} {} before it was ready", index, describeEnd(*status));
      failed_ = true;
      break;
    case Phase::kServing:
      death.pause = worker.back_off.delayAfter(worker.started, now);
      worker.restart = now + *death.pause;
      break;
    case Phase::kRetiring:
    case Phase::kStopping:
      if (*status != 0) {
        spdlog::warn("worker {} (process {}) {} while it finished", index, death.pid,
                     describeEnd(*status));
      }
      break;
  }
  return death;
}

bool WorkerGroup::ended() const {
  return std::ranges::all_of(workers_, [](const Worker& worker) { return worker.pid < 0; });
}

void WorkerGroup::retire(Clock::time_point now) { end(Phase::kRetiring, SIGUSR1, now); }

void WorkerGroup::stop(Clock::time_point now) { end(Phase::kStopping, SIGTERM, now); }

void WorkerGroup::end(Phase phase, int number, Clock::time_point now) {
  phase_ = phase;
  phase_deadline_ = now + settings_.drain_max + kGrace;
  for (Worker& worker : workers_) worker.restart.reset();
  signalAll(number);
}

void WorkerGroup::signalAll(int number) {
  for (const Worker& worker : workers_) {
    if (worker.pid >= 0) processes_.signal(worker.pid, number);
  }
}

}  // namespace wagi::runner
