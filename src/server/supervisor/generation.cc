#include "server/supervisor/generation.h"

#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "server/supervisor/directories.h"
#include "server/worker/worker.h"

namespace wagi::supervisor {
namespace {

constexpr std::size_t kRoutesShownMax = 20;  // In a line of the log.

// Whether it was what the process itself did. SIGKILL comes from outside: an operator, or a kernel
// without memory.
bool crashed(int status) {
  constexpr auto kOfItself =
      std::to_array({SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS});
  return WIFSIGNALED(status) && std::ranges::find(kOfItself, WTERMSIG(status)) != kOfItself.end();
}

}  // namespace

Result<std::unique_ptr<Generation>> Generation::make(Prepared prepared, runner::Sockets sockets,
                                                     runner::Processes& processes) {
  auto counters =
      worker::SharedCounters::create(prepared.plan.workers_count, prepared.plan.modules_count);
  if (!counters) return std::unexpected(std::move(counters.error()));
  auto spool = makeSpoolDirectory(prepared.plan.user);
  if (!spool) return std::unexpected(std::move(spool.error()));
  prepared.plan.spool_dir = spool->path();
  return std::unique_ptr<Generation>(new Generation(
      std::move(prepared), *std::move(counters), *std::move(spool), std::move(sockets), processes));
}

Generation::Generation(Prepared prepared, std::unique_ptr<worker::SharedCounters> counters,
                       TemporaryDirectory spool, runner::Sockets sockets,
                       runner::Processes& processes)
    : prepared_(std::move(prepared)),
      counters_(std::move(counters)),
      spool_(std::move(spool)),
      processes_(processes) {
  runner::WorkerGroup::Settings settings{.name = "wagi-worker",
                                         .generation = plan().generation,
                                         .workers = plan().workers_count,
                                         .drain_max = plan().drain_max,
                                         .sockets = std::move(sockets),
                                         .work = [this](const runner::WorkerSockets& inherited) {
                                           return worker::run(plan(), inherited, *counters_);
                                         }};
  for (const Code& code : *prepared_.code) settings.keep.push_back(code.fd.get());
  group_.emplace(std::move(settings), processes_);
}

Result<std::unique_ptr<Generation>> Generation::start(Prepared prepared, runner::Sockets sockets,
                                                      runner::Processes& processes,
                                                      Clock::time_point now) {
  auto generation = make(std::move(prepared), std::move(sockets), processes);
  if (!generation) return generation;
  if (auto started = (*generation)->group_->start(now); !started) {
    return std::unexpected(std::move(started.error()));
  }
  return generation;
}

Result<std::unique_ptr<Generation>> Generation::startAgain(std::uint64_t generation,
                                                           const std::set<std::string>& code,
                                                           Clock::time_point now) const {
  Prepared prepared{prepared_.plan, prepared_.code, {}};
  prepared.plan.generation = generation;
  auto next = make(std::move(prepared), group_->sockets(), processes_);
  if (!next) return next;
  for (const worker::Route& route : plan().routes) {
    if (counters_->isOutOfService(route.module_index) && !code.contains(route.code)) {
      (*next)->counters_->takeOutOfService(route.module_index);
    }
  }
  if (auto started = (*next)->group_->start(now); !started) {
    return std::unexpected(std::move(started.error()));
  }
  return next;
}

void Generation::step(Clock::time_point now) {
  for (const runner::WorkerGroup::Death& death : group_->step(now)) {
    const auto on_core = counters_->onCore(death.index);
    counters_->forget(death.index);
    if (!death.pause) continue;
    suspicious_ |= death.status != 0;
    const worker::Route* guilty = crashed(death.status) && on_core ? routeOf(*on_core) : nullptr;
    runner::logDeath(death, guilty != nullptr ? fmt::format(" while {} ran", guilty->module) : "");
    if (guilty != nullptr) blame(*guilty, now);
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
  return fmt::format("{}{} answer{} 503", fmt::join(std::span(patterns).first(shown), ", "),
                     shown < patterns.size() ? ", ..." : "", patterns.size() == 1 ? "s" : "");
}

}  // namespace wagi::supervisor
