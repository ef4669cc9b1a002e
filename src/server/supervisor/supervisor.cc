#include "server/supervisor/supervisor.h"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include "base/earliest.h"
#include "server/supervisor/announce.h"

namespace wagi::supervisor {

Supervisor::Supervisor(Flags flags, runner::Clocks clocks)
    : flags_(std::move(flags)), runner_(std::move(clocks)) {}

int Supervisor::run(Description first) {
  log_format_ = first.log_format;
  watchFilesOf(first);
  if (auto begun = begin(std::move(first), runner_.clocks().steady()); !begun) {
    spdlog::error("{}", begun.error().message);
    return 1;
  }
  return runner_.run(*this);
}

// ---- One turn of the loop.

std::optional<int> Supervisor::step(Clock::time_point now) {
  stepRollout(now);
  serving_.step(now);
  if (serving_.ended()) exit_code_ = 0;
  stepRepair(now);
  stepFiles(now);
  ticket_keys_.step(now);
  if (change_requested_ && serving_.current() != nullptr && !rollout_) beginReload();
  return exit_code_;
}

void Supervisor::addTo(std::vector<pollfd>& fds) const {
  if (files_) fds.push_back({files_->fd(), POLLIN, 0});
  if (rollout_) rollout_->addTo(fds);
  serving_.addTo(fds);
  if (repair_) repair_->addTo(fds);
}

void Supervisor::stepRollout(Clock::time_point now) {
  if (!rollout_) return;
  switch (rollout_->step(now)) {
    case Rollout::State::kReady:
      return promote(now);
    case Rollout::State::kFailed:
      return failRollout();
    case Rollout::State::kPreparing:
    case Rollout::State::kStarting:
      return;
  }
}

// A rollout verifies all code itself, so that there is no repair beside it.
void Supervisor::stepRepair(Clock::time_point now) {
  Generation* current = serving_.current();
  if (current == nullptr || rollout_) return;
  if (!repair_) {
    if (!current->suspicious() || now < repair_due_) return;
    current->setSuspicious(false);
    repair_.emplace(*current, *cache_, preparation_limits_, generations_ + 1, runner_.clocks());
    repair_due_ = now + repair_pauses_.delayAfter(repair_due_, now);
  }
  if (!repair_->step(now)) return;
  auto successor = repair_->takeGeneration();
  repair_.reset();
  if (!successor) return;
  ++generations_;
  spdlog::warn("damaged code was replaced: generation {} serves", successor->plan().generation);
  serving_.promote(std::move(successor), now);
}

void Supervisor::stepFiles(Clock::time_point now) {
  if (!files_) return;
  files_->read(now);
  if (files_->take(now)) requestChange("files changed");
}

std::optional<Supervisor::Clock::time_point> Supervisor::deadline(Clock::time_point now) const {
  Earliest<Clock::time_point> earliest;
  if (files_) earliest.consider(files_->due());
  if (rollout_) earliest.consider(rollout_->deadline(now));
  earliest.consider(serving_.deadline());
  if (repair_) earliest.consider(repair_->deadline());
  const Generation* current = serving_.current();
  if (current != nullptr && current->suspicious() && !repair_ && !rollout_)
    earliest.consider(repair_due_);
  earliest.consider(ticket_keys_.deadline());
  return earliest.value();
}

// ---- Starting and reloading.

Result<void> Supervisor::begin(Description description, Clock::time_point now) {
  if (description.user && ::geteuid() != 0 && ::geteuid() != description.user->uid) {
    return fail(fmt::format("user: only a server that root starts can become {}; leave it out here",
                            description.user->name));
  }
  RolloutInputs inputs;
  auto cache = cacheFor(description);
  if (!cache) return std::unexpected(std::move(cache.error()));
  inputs.cache = *std::move(cache);
  auto listeners = listenersFor(description);
  if (!listeners) return std::unexpected(std::move(listeners.error()));
  inputs.listeners = *std::move(listeners);
  auto ticket_keys = ticketKeysFor(description, now);
  if (!ticket_keys) return std::unexpected(std::move(ticket_keys.error()));
  inputs.ticket_keys = *ticket_keys;
  if (auto made = makeModuleCache(description.module_cache); !made) return made;
  auto log_dir = log_directory_.use(description.log_dir, description.user);
  if (!log_dir) return std::unexpected(std::move(log_dir.error()));
  inputs.log_dir = *std::move(log_dir);
  inputs.generation = ++generations_;
  // A reload happens beside the log lines of requests: no line that changes.
  const auto where = serving_.current() != nullptr ? Progress::Where::kLog : Progress::whereFor();
  rollout_ = std::make_unique<Rollout>(std::move(description), std::move(inputs), supply_,
                                       processes_, where, now);
  if (repair_) {
    repair_.reset();
    serving_.current()->setSuspicious(true);  // Should the rollout fail, the repair begins anew.
  }
  return {};
}

void Supervisor::requestChange(std::string_view why) {
  spdlog::info("{}: reloading", why);
  change_requested_ = true;
}

void Supervisor::beginReload() {
  change_requested_ = false;
  auto description = describe(flags_, runner_.clocks().system());
  if (description) {
    watchFilesOf(*description);
    // A change from before they were watched is seen now.
    if (files_) description = describe(flags_, runner_.clocks().system());
  }
  if (!description) {
    logMistakes(description.error());
    spdlog::error("the reload failed: what served before goes on");
    return;
  }
  if (description->workers == 0) {
    description->workers = serving_.current()->plan().workers_count;
    spdlog::warn("`workers = 0` takes effect at a restart only: {} go on", description->workers);
  }
  if (description->log_format != log_format_) {
    spdlog::warn("`log_format` takes effect at a restart only");
  }
  if (auto begun = begin(*std::move(description), runner_.clocks().steady()); !begun) {
    spdlog::error("{}", begun.error().message);
    spdlog::error("the reload failed: what served before goes on");
  }
}

void Supervisor::promote(Clock::time_point now) {
  const bool is_first = serving_.current() == nullptr;
  serving_.promote(rollout_->takeGeneration(), now);
  const worker::Plan& plan = serving_.current()->plan();
  const Description description = rollout_->takeDescription();
  RolloutInputs inputs = rollout_->takeInputs();
  cache_settings_ = description.cache;
  preparation_limits_ = description.preparation;
  if (project_files_ != description.project_files) {
    project_files_ = description.project_files;
    watchFilesOf(description);
    // They may have changed before they were watched.
    if (description.watch) requestChange("the project's files are watched from now on");
  }
  cache_ = std::move(inputs.cache);
  const bool moved = listeners_ != inputs.listeners;
  listeners_ = std::move(inputs.listeners);
  rollout_.reset();
  if (is_first) {
    announceReady(plan);
  } else {
    spdlog::info("reloaded: generation {} serves {} routes{}", plan.generation, plan.routes.size(),
                 moved ? " on " + addressesOf(plan) : "");
  }
}

void Supervisor::failRollout() {
  rollout_.reset();
  if (const Generation* current = serving_.current()) {
    spdlog::error("the reload failed: generation {} goes on", current->plan().generation);
  } else if (!serving_.stopping()) {
    exit_code_ = 1;
  }
}

Result<std::shared_ptr<const artifact::Cache>> Supervisor::cacheFor(
    const Description& description) const {
  std::error_code unknown;
  const bool usable = cache_ && cache_settings_ == description.cache &&
                      std::filesystem::is_directory(cache_->directory(), unknown);
  if (usable) return cache_;  // Unless somebody removed the directory: then it is made again.
  auto cache = artifact::Cache::open(description.cache);
  if (!cache) return std::unexpected(std::move(cache.error()));
  return std::make_shared<const artifact::Cache>(*std::move(cache));
}

Result<std::vector<std::shared_ptr<const runner::Listener>>> Supervisor::listenersFor(
    const Description& description) const {
  std::vector<std::shared_ptr<const runner::Listener>> open = listeners_;
  std::vector<std::shared_ptr<const runner::Listener>> wanted;
  for (const DescribedListener& listener : description.listeners) {
    const auto same =
        std::ranges::find(open, listener.address, [](const auto& each) { return each->asked; });
    if (same != open.end()) {
      wanted.push_back(std::move(*same));
      open.erase(same);
      continue;
    }
    auto made = runner::listenOn(listener.address, listener.mode);
    if (!made) return std::unexpected(std::move(made.error()));
    wanted.push_back(std::make_shared<const runner::Listener>(*std::move(made)));
  }
  return wanted;
}

Result<const http::TicketKeys*> Supervisor::ticketKeysFor(const Description& description,
                                                          Clock::time_point now) {
  if (std::ranges::none_of(description.listeners, [](const DescribedListener& listener) {
        return listener.tls.has_value();
      })) {
    return nullptr;
  }
  return ticket_keys_.keys(now);
}

// Certificates are renewed by other programs, which know of no reload: their files are watched
// without `watch`, too.
void Supervisor::watchFilesOf(const Description& description) {
  std::vector<std::string> files =
      description.watch ? description.files : description.certificate_files;
  if (files.empty()) {
    files_.reset();
    return;
  }
  // A project's files are known when it has been read: until then, the ones that it had before.
  if (description.watch) std::ranges::copy(project_files_, std::back_inserter(files));
  runner::watch(files_, files);
}

// ---- Stopping.

void Supervisor::stop(Clock::time_point now) {
  rollout_.reset();
  repair_.reset();
  listeners_.clear();  // New connections are refused from now on.
  serving_.stop(now);
}

}  // namespace wagi::supervisor
