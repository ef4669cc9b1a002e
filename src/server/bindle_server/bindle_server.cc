#include "server/bindle_server/bindle_server.h"

#include <spdlog/spdlog.h>

#include <memory>
#include <string_view>
#include <utility>

#include "base/earliest.h"
#include "net/http/certificate.h"
#include "server/runner/clocks.h"
#include "server/runner/file_changes.h"
#include "server/runner/generations.h"
#include "server/runner/listener.h"
#include "server/runner/processes.h"
#include "server/runner/resources.h"
#include "server/runner/runner.h"
#include "server/runner/ticket_rotation.h"
#include "server/runner/worker_group.h"

namespace wagi::bindle_server {
namespace {

using runner::WorkerGroup;

// The workers that serve one plan. Destroying it kills them.
class Generation {
 public:
  using Clock = WorkerGroup::Clock;

  Generation(Plan plan, bindle::Repository& repository, std::uint64_t number, std::size_t workers,
             runner::Sockets sockets, runner::Processes& processes)
      : plan_(std::move(plan)),
        group_({.name = "wagi-bindle",
                .generation = number,
                .workers = workers,
                .drain_max = plan_.drain_max,
                .sockets = std::move(sockets),
                .work =
                    [this, &repository](const runner::WorkerSockets& inherited) {
                      return run(plan_, repository, inherited);
                    }},
               processes) {}

  [[nodiscard]] Result<void> start(Clock::time_point now) { return group_.start(now); }
  void step(Clock::time_point now) {
    for (const WorkerGroup::Death& death : group_.step(now)) {
      if (death.pause) logDeath(death);
    }
  }
  void addTo(std::vector<pollfd>& fds) const { group_.addTo(fds); }
  [[nodiscard]] std::optional<Clock::time_point> deadline() const { return group_.deadline(); }
  [[nodiscard]] bool ready() const { return group_.ready(); }
  [[nodiscard]] bool failed() const { return group_.failed(); }
  [[nodiscard]] bool ended() const { return group_.ended(); }
  void retire(Clock::time_point now) { group_.retire(now); }
  void stop(Clock::time_point now) { group_.stop(now); }
  [[nodiscard]] std::chrono::milliseconds drainMax() const { return plan_.drain_max; }
  [[nodiscard]] const Plan& plan() const { return plan_; }

 private:
  const Plan plan_;
  WorkerGroup group_;
};

class BindleServer final : public runner::Program {
 public:
  BindleServer(const Settings& settings, const runner::Clocks& clocks,
               bindle::Repository repository, runner::Listener listener)
      : settings_(settings),
        runner_(clocks),
        repository_(std::move(repository)),
        listener_(std::move(listener)) {}

  // Serves `first` until it is told to stop; the process's exit code.
  [[nodiscard]] Result<int> run(Plan first);

  [[nodiscard]] std::optional<int> step(Clock::time_point now) override;
  void addTo(std::vector<pollfd>& fds) const override;
  [[nodiscard]] std::optional<Clock::time_point> deadline(Clock::time_point now) const override;
  void reload() override { requestChange("SIGHUP"); }
  void stop(Clock::time_point now) override;

 private:
  void requestChange(std::string_view why);
  [[nodiscard]] Result<void> begin(Plan plan, Clock::time_point now);
  void beginReload(Clock::time_point now);
  void stepNext(Clock::time_point now);
  void announce() const;
  void watchCertificate();

  const Settings& settings_;
  runner::Runner runner_;
  runner::ForkedProcesses processes_;
  bindle::Repository repository_;  // Each worker goes on with a copy of it.
  std::optional<runner::Listener> listener_;
  runner::TicketRotation ticket_keys_;
  std::optional<runner::FileChanges> files_;
  runner::Generations<Generation> serving_;
  std::unique_ptr<Generation> next_;  // Whose workers start.
  bool change_requested_ = false;
  std::uint64_t generations_ = 0;  // How many were begun.
  std::optional<int> exit_code_;
};

// Reads all that a worker is going to need. The error says which file is bad.
Result<Plan> planOf(const Settings& settings, std::chrono::system_clock::time_point now) {
  auto api = settings.api();
  if (!api) return std::unexpected(std::move(api.error()));
  if (settings.certificate) {
    const auto certificate =
        http::ServerCertificate::load(settings.certificate->cert, settings.certificate->key);
    if (!certificate) return std::unexpected(certificate.error());
    for (const std::string& warning : certificate->warnings(now)) {
      spdlog::warn("TLS: {}", warning);
    }
  }
  return Plan{.api = *std::move(api), .certificate = settings.certificate};
}

Result<int> BindleServer::run(Plan first) {
  watchCertificate();
  if (auto begun = begin(std::move(first), runner_.clocks().steady()); !begun) {
    return std::unexpected(std::move(begun.error()));
  }
  return runner_.run(*this);
}

Result<void> BindleServer::begin(Plan plan, Clock::time_point now) {
  runner::Sockets sockets{.listening = {listener_->fd.get()}};
  if (plan.certificate) {
    const auto keys = ticket_keys_.keys(now);
    if (!keys) return std::unexpected(keys.error());
    sockets.ticket_keys = *keys;
  }
  auto next = std::make_unique<Generation>(std::move(plan), repository_, ++generations_,
                                           settings_.workers, std::move(sockets), processes_);
  if (auto started = next->start(now); !started) return started;
  next_ = std::move(next);
  return {};
}

std::optional<int> BindleServer::step(Clock::time_point now) {
  if (next_) stepNext(now);
  serving_.step(now);
  if (serving_.ended()) exit_code_ = 0;
  ticket_keys_.step(now);
  if (files_) {
    files_->read(now);
    if (files_->take(now)) requestChange("the certificate changed");
  }
  if (change_requested_ && serving_.current() != nullptr && !next_) beginReload(now);
  return exit_code_;
}

void BindleServer::stepNext(Clock::time_point now) {
  next_->step(now);
  const bool is_first = serving_.current() == nullptr;
  if (next_->failed()) {
    next_.reset();
    if (is_first) {
      exit_code_ = 1;
    } else {
      spdlog::error("the reload failed: what served before goes on");
    }
  } else if (next_->ready()) {
    serving_.promote(std::move(next_), now);
    if (is_first) {
      announce();
    } else {
      spdlog::info("reloaded: generation {} serves", generations_);
    }
  }
}

void BindleServer::addTo(std::vector<pollfd>& fds) const {
  if (files_) fds.push_back({files_->fd(), POLLIN, 0});
  if (next_) next_->addTo(fds);
  serving_.addTo(fds);
}

std::optional<BindleServer::Clock::time_point> BindleServer::deadline(Clock::time_point) const {
  Earliest<Clock::time_point> earliest;
  if (files_) earliest.consider(files_->due());
  if (next_) earliest.consider(next_->deadline());
  earliest.consider(serving_.deadline());
  earliest.consider(ticket_keys_.deadline());
  return earliest.value();
}

void BindleServer::requestChange(std::string_view why) {
  spdlog::info("{}: reloading", why);
  change_requested_ = true;
}

void BindleServer::beginReload(Clock::time_point now) {
  change_requested_ = false;
  watchCertificate();  // Before it is read, so that no change is lost.
  auto plan = planOf(settings_, runner_.clocks().system());
  if (plan) {
    auto begun = begin(*std::move(plan), now);
    if (begun) return;
    plan = std::unexpected(std::move(begun.error()));
  }
  spdlog::error("{}", plan.error().message);
  spdlog::error("the reload failed: what served before goes on");
}

void BindleServer::stop(Clock::time_point now) {
  next_.reset();
  listener_.reset();  // New connections are refused from now on.
  serving_.stop(now);
}

void BindleServer::announce() const {
  const bindle::ApiSettings& api = serving_.current()->plan().api;
  const config::Endpoint& endpoint = listener_->endpoint;
  spdlog::info("bindles at {}{}, {} invoices in {}",
               runner::addressOf(endpoint, settings_.certificate.has_value()),
               endpoint.kind == config::Endpoint::Kind::kIp ? "/v1" : "", repository_.size(),
               settings_.directory);
  if (api.trust && api.trust->keyring.keys.empty()) {
    spdlog::warn(
        "no invoice can be created: give the keys of those who may sign with --keyring, "
        "or --unsigned");
  }
}

// A certificate is renewed by another program, which knows of no reload.
void BindleServer::watchCertificate() {
  if (!settings_.certificate) return;
  runner::watch(files_, {settings_.certificate->cert, settings_.certificate->key});
}

}  // namespace

Result<int> serve(const Settings& settings) {
  runner::raiseDescriptorLimit();
  auto repository = bindle::Repository::open(settings.directory);
  if (!repository) return std::unexpected(std::move(repository.error()));
  const runner::Clocks clocks;
  auto plan = planOf(settings, clocks.system());
  if (!plan) return std::unexpected(std::move(plan.error()));
  auto listener = runner::listenOn(settings.endpoint);
  if (!listener) return std::unexpected(std::move(listener.error()));
  return BindleServer(settings, clocks, *std::move(repository), *std::move(listener))
      .run(*std::move(plan));
}

}  // namespace wagi::bindle_server
