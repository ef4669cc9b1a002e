#include "server/worker/worker.h"

#include <spdlog/spdlog.h>
#include <sys/random.h>
#include <unistd.h>

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/unique_fd.h"
#include "guest/engine/ticker.h"
#include "guest/wasi/system.h"
#include "lockdown/lockdown.h"
#include "net/outbound/client.h"
#include "net/outbound/connector.h"
#include "server/runner/worker_loop.h"
#include "server/worker/certificates.h"
#include "server/worker/guest_run.h"
#include "server/worker/handler.h"
#include "server/worker/site.h"

namespace wagi::worker {
namespace {

// Memory of instances that wait for a request is given back after two to three of these.
constexpr std::chrono::seconds kSweepPeriod{30};

std::uint64_t randomBits() {
  std::uint64_t bits = 0;
  std::ignore = ::getrandom(&bits, sizeof bits, 0);
  return bits;
}

class Worker {
 public:
  Worker(const Plan& plan, const runner::WorkerSockets& sockets, SharedCounters& counters,
         std::unique_ptr<Sites> sites)
      : plan_(plan),
        sockets_(sockets),
        sites_(std::move(sites)),
        spool_dir_(openFolder(plan.spool_dir)),
        context_(counters, sockets.index, {plan.http.spool_memory_bytes_max, spool_dir_.get()},
                 randomBits(), wasi::realSystem()),
        handler_(*sites_, context_, plan.unknown_host_status),
        loop_(handler_, plan.http, sockets, plan.drain_max) {}

  // Borrows `ticker`. `connector` is the socket to it, if any route may call anybody.
  [[nodiscard]] Result<void> start(const engine::Ticker& ticker, UniqueFd connector);
  [[nodiscard]] int readiness() { return loop_.readiness(); }
  int run() { return loop_.run(); }

 private:
  void openOutbound(UniqueFd connector);
  // Sweeps again and again while anything is left to be swept.
  void sweepLater();

  const Plan& plan_;
  const runner::WorkerSockets& sockets_;
  // In this order: what the loop still holds when it is destroyed uses all above it.
  const std::unique_ptr<Sites> sites_;
  const UniqueFd spool_dir_;
  WorkerContext context_;
  RequestHandler handler_;
  Certificates certificates_;
  runner::WorkerLoop loop_;
  boost::asio::steady_timer sweep_timer_{loop_.context()};
  bool sweeping_ = false;
  std::optional<outbound::Client>
      outbound_;  // No request is left when it ends: run() sees to that.
};

void Worker::sweepLater() {
  sweeping_ = true;
  sweep_timer_.expires_after(kSweepPeriod);
  sweep_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    sweeping_ = false;
    if (sites_->sweep()) sweepLater();
  });
}

Result<void> Worker::start(const engine::Ticker& ticker, UniqueFd connector) {
  using Access = lockdown::Folder::Access;
  context_.ticker = &ticker;
  context_.instance_ended = [this] {
    if (!sweeping_) sweepLater();
  };
  if (connector) openOutbound(std::move(connector));
  if (auto loaded = certificates_.load(plan_, sockets_.ticket_keys); !loaded) return loaded;

  // From its start on the worker has what it holds, its volumes and its logs, and can't get more.
  lockdown::KeptAccess kept{.user = plan_.user, .folders = {}};
  for (const wasi::Preopen& volume : sites_->volumes()) {
    kept.folders.push_back({volume.fd, volume.read_only ? Access::kRead : Access::kChange});
  }
  const UniqueFd logs = openFolder(plan_.log_dir);
  if (logs) kept.folders.push_back({logs.get(), Access::kWrite});
  if (spool_dir_) kept.folders.push_back({spool_dir_.get(), Access::kChange});
  std::vector<const http::TlsContext*> tls;
  tls.reserve(plan_.listeners.size());
  for (std::size_t i = 0; i < plan_.listeners.size(); ++i) tls.push_back(certificates_.of(i));
  const auto report = loop_.start(std::move(kept), std::move(tls));
  if (!report) return std::unexpected(report.error());
  if (!*report) {
    spdlog::warn("without workers of its own (--workers 0) the server isn't locked down");
  } else if (sockets_.index == 0 && logs && ::access(plan_.log_dir.c_str(), W_OK | X_OK) != 0) {
    spdlog::warn("{} isn't writable for {}: what guests print on stderr is lost", plan_.log_dir,
                 (*report)->user);
  }
  return {};
}

void Worker::openOutbound(UniqueFd connector) {
  outbound::Client::Settings settings;
  settings.connector_gone = [this] {
    spdlog::error("the connector of worker {} is gone; the worker ends", sockets_.index);
    loop_.end(1);
  };
  const std::string roots = outbound::TlsClient::defaultRootsPath();
  if (auto tls = outbound::TlsClient::load(roots)) {
    settings.tls = *std::move(tls);
  } else if (sockets_.index == 0) {
    spdlog::warn("guests can't call https: {}", tls.error().message);
  }
  context_.outbound =
      &outbound_.emplace(loop_.context(), std::move(connector), std::move(settings), loop_.clock());
}

// The socket to the connector, none where no route may call anybody.
Result<UniqueFd> connectorOf(const Plan& plan, const runner::WorkerSockets& sockets) {
  outbound::ConnectorSettings settings{.routes = {},
                                       .worker_index = sockets.index,
                                       .user = plan.user,
                                       .locked_down = sockets.control >= 0};
  bool any = false;
  for (const Route& route : plan.routes) {
    settings.routes.push_back(route.allowed_hosts);
    any |= !route.allowed_hosts.empty();
  }
  if (!any) return UniqueFd();
  return outbound::startConnector(settings);
}

}  // namespace

int run(const Plan& plan, const runner::WorkerSockets& sockets, SharedCounters& counters) {
  // First: it should have nothing of what the worker opens.
  auto connector = connectorOf(plan, sockets);
  if (!connector) {
    spdlog::error("worker {} can't start: {}", sockets.index, connector.error().message);
    return 1;
  }
  auto sites =
      Sites::load(plan, counters, sockets.index == 0 ? Warnings::kLogged : Warnings::kSilent);
  if (!sites) {
    spdlog::error("worker {} can't start: {}", sockets.index, sites.error().message);
    return 1;
  }
  const auto engines = (*sites)->engines();
  Worker worker(plan, sockets, counters, std::move(*sites));
  auto ticker = engine::Ticker::start(engines, kTickPeriod, worker.readiness());
  if (!ticker) {
    spdlog::error("worker {} can't start: {}", sockets.index, ticker.error().message);
    return 1;
  }
  auto started = worker.start(*ticker, *std::move(connector));
  if (!started) {
    spdlog::error("worker {} can't start: {}", sockets.index, started.error().message);
    return 1;
  }
  return worker.run();
}

}  // namespace wagi::worker
