#include "server/supervisor/generation.h"

#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "server/supervisor/directories.h"
#include "server/worker/worker.h"

namespace wagi::supervisor {
namespace {

constexpr std::size_t kRoutesShownMax = 20;  // In a line of the log.

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

// Whether it was what the process itself did. SIGKILL comes from outside: an operator, or a kernel
// without memory.
bool crashed(int status) {
  constexpr auto kOfItself =
      std::to_array({SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS});
  return WIFSIGNALED(status) && std::ranges::find(kOfItself, WTERMSIG(status)) != kOfItself.end();
}

}  // namespace

Result<std::unique_ptr<Generation>> Generation::make(Prepared prepared, Sockets sockets,
                                                     runner::Processes& processes,
                                                     Clock::time_point now) {
  const std::size_t workers = prepared.plan.workers_count;
  auto counters = worker::SharedCounters::create(workers, prepared.plan.modules_count);
  if (!counters) return std::unexpected(std::move(counters.error()));
  auto spool = makeSpoolDirectory(prepared.plan.user);
  if (!spool) return std::unexpected(std::move(spool.error()));
  prepared.plan.spool_dir = spool->path();
  std::unique_ptr<Generation> generation(new Generation(
      std::move(prepared), *std::move(counters), *std::move(spool), std::move(sockets), processes));
  generation->workers_.resize(workers);
  generation->phase_deadline_ = now + kReadyMax;
  return generation;
}

Result<void> Generation::startWorkers(Clock::time_point now) {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (auto started = startWorker(i, now); !started) return started;
  }
  return {};
}

Result<std::unique_ptr<Generation>> Generation::start(Prepared prepared, Sockets sockets,
                                                      runner::Processes& processes,
                                                      Clock::time_point now) {
  auto generation = make(std::move(prepared), std::move(sockets), processes, now);
  if (!generation) return generation;
  if (auto started = (*generation)->startWorkers(now); !started) {
    return std::unexpected(std::move(started.error()));
  }
  return generation;
}

Result<std::unique_ptr<Generation>> Generation::startAgain(std::uint64_t generation,
                                                           const std::set<std::string>& code,
                                                           Clock::time_point now) const {
  Prepared prepared{prepared_.plan, prepared_.code, {}};
  prepared.plan.generation = generation;
  auto next = make(std::move(prepared), sockets_, processes_, now);
  if (!next) return next;
  for (const worker::Route& route : plan().routes) {
    if (counters_->isOutOfService(route.module_index) && !code.contains(route.code)) {
      (*next)->counters_->takeOutOfService(route.module_index);
    }
  }
  if (auto started = (*next)->startWorkers(now); !started) {
    return std::unexpected(std::move(started.error()));
  }
  return next;
}

Generation::~Generation() {
  kill();
  for (const pid_t group : left_) processes_.endGroup(group);
}

// A worker's process group is its own, and its connector's: that one ends when it sees the worker's
// end, and is ours by then (PR_SET_CHILD_SUBREAPER).
void Generation::reapLeft() {
  std::erase_if(left_, [this](pid_t group) { return processes_.isGone(group); });
}

Result<void> Generation::startWorker(std::size_t index, Clock::time_point now) {
  const auto work = [this, index](int control) {
    // A worker has the keys, and no process that it starts.
    if (sockets_.ticket_keys != nullptr) sockets_.ticket_keys->lend(false);
    return worker::run(prepared_.plan, {.listening = sockets_.listening,
                                        .control = control,
                                        .index = index,
                                        .counters = counters_.get(),
                                        .ticket_keys = sockets_.ticket_keys});
  };
  std::vector<int> keep = sockets_.listening;
  for (const Code& code : *prepared_.code) keep.push_back(code.fd.get());
  if (sockets_.ticket_keys != nullptr) sockets_.ticket_keys->lend(true);
  auto started = processes_.start({fmt::format("wagi-worker{}", index), work, std::move(keep)});
  if (sockets_.ticket_keys != nullptr) sockets_.ticket_keys->lend(false);
  if (!started) return std::unexpected(std::move(started.error()));

  Worker& worker = workers_[index];
  worker.pid = started->pid;
  worker.control = std::move(started->control);
  worker.ready = false;
  worker.started = now;
  worker.restart.reset();
  return {};
}

void Generation::addTo(std::vector<pollfd>& fds) const {
  for (const Worker& worker : workers_) {
    if (worker.control && !worker.ready) fds.push_back({worker.control.get(), POLLIN, 0});
  }
}

std::optional<Generation::Clock::time_point> Generation::deadline() const {
  std::optional<Clock::time_point> earliest;
  const auto consider = [&](Clock::time_point when) {
    if (!earliest || when < *earliest) earliest = when;
  };
  if (phase_ != Phase::kServing) consider(phase_deadline_);
  for (const Worker& worker : workers_) {
    if (worker.restart) consider(*worker.restart);
    if (phase_ == Phase::kServing && worker.pid >= 0 && !worker.ready) {
      consider(worker.started + kReadyMax);
    }
  }
  return earliest;
}

void Generation::step(Clock::time_point now) {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    readControl(workers_[i]);
    reap(i, now);
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
    spdlog::warn("killing workers of generation {} that didn't end in time", plan().generation);
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
}

void Generation::readControl(Worker& worker) {
  char byte = 0;
  if (worker.control && !worker.ready && ::read(worker.control.get(), &byte, 1) == 1) {
    worker.ready = true;
    if (phase_ == Phase::kServing) release(worker);
  }
}

void Generation::release(const Worker& worker) {
  // One that died meanwhile is noticed by reap().
  std::ignore = ::send(worker.control.get(), "G", 1, MSG_NOSIGNAL);
}

void Generation::reap(std::size_t index, Clock::time_point now) {
  const pid_t pid = workers_[index].pid;
  if (pid < 0) return;
  if (const auto status = processes_.statusOf(pid)) onDeath(index, *status, now);
}

void Generation::onDeath(std::size_t index, int status, Clock::time_point now) {
  Worker& worker = workers_[index];
  const pid_t pid = std::exchange(worker.pid, -1);
  left_.push_back(pid);
  worker.control.reset();
  const auto on_core = counters_->onCore(index);
  counters_->forget(index);
  switch (phase_) {
    case Phase::kStarting:
      if (!failed_) spdlog::error("worker {} {} before it was ready", index, describeEnd(status));
      failed_ = true;
      return;
    case Phase::kServing: {
      const auto delay = worker.back_off.delayAfter(worker.started, now);
      worker.restart = now + delay;
      suspicious_ |= status != 0;
      const worker::Route* guilty = crashed(status) && on_core ? routeOf(*on_core) : nullptr;
      spdlog::error("worker {} (process {}) {}{}; it is started again in {} ms", index, pid,
                    describeEnd(status),
                    guilty != nullptr ? fmt::format(" while {} ran", guilty->module) : "",
                    delay.count());
      if (guilty != nullptr) blame(*guilty, now);
      return;
    }
    case Phase::kRetiring:
    case Phase::kStopping:
      if (status != 0) {
        spdlog::warn("worker {} (process {}) {} while it finished", index, pid,
                     describeEnd(status));
      }
      return;
  }
}

const worker::Route* Generation::routeOf(std::size_t module) const {
  const auto route = std::ranges::find(plan().routes, module, &worker::Route::module_index);
  return route == plan().routes.end() ? nullptr : &*route;
}

void Generation::blame(const worker::Route& guilty, Clock::time_point now) {
  if (!kills_[guilty.code].add(now) || counters_->isOutOfService(guilty.module_index)) return;
  const std::string routes = takeOutOfService(guilty.code);
  spdlog::critical(
      "{} is out of service: its guests have ended {} workers within {} s. {} until the next "
      "reload",
      guilty.module, Kills::kKillsMax, Kills::kWindow.count(), routes);
}

std::string Generation::takeOutOfService(const std::string& code) {
  std::vector<std::string> patterns;
  for (const worker::Route& route : plan().routes) {
    if (route.code != code) continue;
    counters_->takeOutOfService(route.module_index);
    patterns.push_back(route.name());
  }
  const std::size_t shown = std::min(patterns.size(), kRoutesShownMax);
  return fmt::format("{}{} answer{} 503",
                     fmt::join(patterns.begin(), patterns.begin() + shown, ", "),
                     shown < patterns.size() ? ", ..." : "", patterns.size() == 1 ? "s" : "");
}

bool Generation::ended() const {
  return std::ranges::all_of(workers_, [](const Worker& worker) { return worker.pid < 0; });
}

void Generation::retire(Clock::time_point now) {
  phase_ = Phase::kRetiring;
  phase_deadline_ = now + plan().drain_max + kGrace;
  for (Worker& worker : workers_) worker.restart.reset();
  signalAll(SIGUSR1);
}

void Generation::stop(Clock::time_point now) {
  phase_ = Phase::kStopping;
  phase_deadline_ = now + plan().drain_max + kGrace;
  for (Worker& worker : workers_) worker.restart.reset();
  signalAll(SIGTERM);
}

void Generation::kill() {
  signalAll(SIGKILL);
  for (Worker& worker : workers_) {
    worker.restart.reset();
    if (worker.pid < 0) continue;
    left_.push_back(worker.pid);
    processes_.await(std::exchange(worker.pid, -1));
  }
}

void Generation::signalAll(int number) {
  for (const Worker& worker : workers_) {
    if (worker.pid >= 0) processes_.signal(worker.pid, number);
  }
}

}  // namespace wagi::supervisor
