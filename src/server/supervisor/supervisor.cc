#include "server/supervisor/supervisor.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <utility>

#include "server/supervisor/announce.h"

namespace wagi::supervisor {
namespace {

constexpr auto kSignals = std::to_array({SIGTERM, SIGINT, SIGHUP, SIGCHLD});

UniqueFd takeSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : kSignals) sigaddset(&set, number);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return UniqueFd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

}  // namespace

Supervisor::Supervisor(Flags flags, runner::Clocks clocks)
    : flags_(std::move(flags)), clocks_(std::move(clocks)), signals_(takeSignals()) {}

int Supervisor::run(Description first) {
  // What a worker leaves behind comes to us, who know of it, rather than to an init that may be
  // none.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  if (!signals_) {
    spdlog::error("can't wait for signals: {}", std::strerror(errno));
    return 1;
  }
  log_format_ = first.log_format;
  watchFilesOf(first);
  if (auto begun = begin(std::move(first), clocks_.steady()); !begun) {
    spdlog::error("{}", begun.error().message);
    return 1;
  }
  while (!exit_code_) {
    const auto now = clocks_.steady();
    stepRollout(now);
    stepGenerations(now);
    stepRepair(now);
    stepFiles(now);
    stepTicketKeys(now);
    if (change_requested_ && current_ && !rollout_) reload();
    if (!exit_code_) wait(now);
  }
  return *exit_code_;
}

// ---- One turn of the loop.

void Supervisor::wait(Clock::time_point now) {
  std::vector<pollfd> fds{{signals_.get(), POLLIN, 0}};
  if (files_) fds.push_back({files_->fd(), POLLIN, 0});
  if (rollout_) rollout_->addTo(fds);
  if (current_) current_->addTo(fds);
  if (repair_) repair_->addTo(fds);
  int timeout_ms = -1;
  if (const auto until = deadline(now)) {
    // Rounded up: waking a little too early would spin. A time long past, such as
    // time_point::min(), is as far from now as no duration can be.
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(std::max(*until, now) - now);
    timeout_ms = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
  }
  ::poll(fds.data(), fds.size(), timeout_ms);
  const auto later = clocks_.steady();
  readSignals(later);
  if (files_) files_->read(later);
}

void Supervisor::readSignals(Clock::time_point now) {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    switch (info.ssi_signo) {
      case SIGHUP:
        requestChange("SIGHUP");
        break;
      case SIGTERM:
      case SIGINT:
        stop(now);
        break;
      default:  // SIGCHLD: each generation looks after its own.
        break;
    }
  }
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

void Supervisor::stepGenerations(Clock::time_point now) {
  if (current_) current_->step(now);
  for (const auto& generation : retiring_) generation->step(now);
  std::erase_if(retiring_, [](const auto& generation) { return generation->ended(); });
  if (stopping_ && retiring_.empty()) exit_code_ = 0;
}

// A rollout verifies all code itself, so that there is no repair beside it.
void Supervisor::stepRepair(Clock::time_point now) {
  if (!current_ || rollout_) return;
  if (!repair_) {
    if (!current_->suspicious() || now < repair_due_) return;
    current_->setSuspicious(false);
    repair_.emplace(*current_, *cache_, preparation_limits_, generations_ + 1, clocks_);
    repair_due_ = now + repair_pauses_.delayAfter(repair_due_, now);
  }
  if (!repair_->step(now)) return;
  auto successor = repair_->takeGeneration();
  repair_.reset();
  if (!successor) return;
  retireCurrent(now);
  current_ = std::move(successor);
  ++generations_;
  spdlog::warn("damaged code was replaced: generation {} serves", current_->plan().generation);
}

void Supervisor::stepFiles(Clock::time_point now) {
  if (files_ && files_->take(now)) requestChange("files changed");
}

std::optional<Supervisor::Clock::time_point> Supervisor::deadline(Clock::time_point now) const {
  std::optional<Clock::time_point> earliest;
  const auto consider = [&](std::optional<Clock::time_point> when) {
    if (when && (!earliest || *when < *earliest)) earliest = when;
  };
  if (files_) consider(files_->due());
  if (rollout_) consider(rollout_->deadline(now));
  if (current_) consider(current_->deadline());
  if (repair_) consider(repair_->deadline());
  if (current_ && current_->suspicious() && !repair_ && !rollout_) consider(repair_due_);
  for (const auto& generation : retiring_) consider(generation->deadline());
  if (ticket_keys_) consider(ticket_keys_due_);
  return earliest;
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
  const auto where = current_ ? Progress::Where::kLog : Progress::whereFor();
  rollout_ = std::make_unique<Rollout>(std::move(description), std::move(inputs), supply_,
                                       processes_, where, now);
  if (repair_) {
    repair_.reset();
    current_->setSuspicious(true);  // Should the rollout fail, the repair begins anew.
  }
  return {};
}

void Supervisor::requestChange(std::string_view why) {
  spdlog::info("{}: reloading", why);
  change_requested_ = true;
}

void Supervisor::reload() {
  change_requested_ = false;
  auto description = describe(flags_, clocks_.system());
  if (description) {
    watchFilesOf(*description);
    // What changed before they were watched is seen now.
    if (files_) description = describe(flags_, clocks_.system());
  }
  if (!description) {
    logMistakes(description.error());
    spdlog::error("the reload failed: what served before goes on");
    return;
  }
  if (description->workers == 0) {
    description->workers = current_->plan().workers_count;
    spdlog::warn("`workers = 0` takes effect at a restart only: {} go on", description->workers);
  }
  if (description->log_format != log_format_) {
    spdlog::warn("`log_format` takes effect at a restart only");
  }
  if (auto begun = begin(*std::move(description), clocks_.steady()); !begun) {
    spdlog::error("{}", begun.error().message);
    spdlog::error("the reload failed: what served before goes on");
  }
}

void Supervisor::promote(Clock::time_point now) {
  const bool is_first = current_ == nullptr;
  if (current_) retireCurrent(now);
  current_ = rollout_->takeGeneration();
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
    announceReady(current_->plan());
  } else {
    spdlog::info("reloaded: generation {} serves {} routes{}", current_->plan().generation,
                 current_->plan().routes.size(),
                 moved ? " on " + addressesOf(current_->plan()) : "");
  }
}

void Supervisor::retireCurrent(Clock::time_point now) {
  current_->retire(now);
  retiring_.push_back(std::move(current_));
  // Frequent reloads and long answers must not pile up processes without end.
  if (retiring_.size() > kRetiringMax) retiring_[retiring_.size() - 1 - kRetiringMax]->stop(now);
}

void Supervisor::failRollout() {
  rollout_.reset();
  if (current_) {
    spdlog::error("the reload failed: generation {} goes on", current_->plan().generation);
  } else if (!stopping_) {
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
  if (!ticket_keys_) {
    auto made = http::TicketKeys::create();
    if (!made) return std::unexpected(std::move(made.error()));
    ticket_keys_ = *std::move(made);
    ticket_keys_due_ = now + http::TicketKeys::kRotation;
  }
  return ticket_keys_.get();
}

void Supervisor::stepTicketKeys(Clock::time_point now) {
  if (!ticket_keys_ || now < ticket_keys_due_) return;
  ticket_keys_due_ = now + http::TicketKeys::kRotation;
  if (const auto rotated = ticket_keys_->rotate(); !rotated) {
    spdlog::error("{}: the key before goes on", rotated.error().message);
  }
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
  if (!files_) {
    auto created = FileChanges::create();
    if (!created) {
      spdlog::error("{}", created.error().message);
      return;
    }
    files_ = *std::move(created);
  }
  // Those of a project are known when it has been read: until then, the ones that it had before.
  if (description.watch) std::ranges::copy(project_files_, std::back_inserter(files));
  for (const std::string& failure : files_->watch(files)) {
    spdlog::warn("can't watch {}", failure);
  }
}

// ---- Stopping.

void Supervisor::stop(Clock::time_point now) {
  if (stopping_) {
    spdlog::warn("stopping at once");
    retiring_.clear();
    return;
  }
  stopping_ = true;
  rollout_.reset();
  repair_.reset();
  listeners_.clear();  // New connections are refused from now on.
  if (current_) retiring_.push_back(std::move(current_));
  spdlog::info("stopping: running requests may take up to {} s",
               retiring_.empty() ? 0 : retiring_.back()->plan().drain_max.count() / 1'000);
  for (const auto& generation : retiring_) generation->stop(now);
}

}  // namespace wagi::supervisor
