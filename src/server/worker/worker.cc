#include "server/worker/worker.h"

#include <fcntl.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include "guest/engine/ticker.h"
#include "guest/wasi/system.h"
#include "lockdown/lockdown.h"
#include "net/http/server.h"
#include "net/loop/loop.h"
#include "net/outbound/client.h"
#include "net/outbound/connector.h"
#include "server/worker/certificates.h"
#include "server/worker/guest_run.h"
#include "server/worker/handler.h"
#include "server/worker/readiness.h"
#include "server/worker/site.h"

namespace wagi::worker {
namespace {

namespace asio = boost::asio;

std::uint64_t randomBits() {
  std::uint64_t bits = 0;
  std::ignore = ::getrandom(&bits, sizeof bits, 0);
  return bits;
}

class Worker {
 public:
  Worker(const Plan& plan, const Sockets& sockets, std::unique_ptr<Sites> sites)
      : plan_(plan),
        sockets_(sockets),
        sites_(std::move(sites)),
        spool_dir_(openFolder(plan.spool_dir)),
        context_(*sockets.counters, sockets.index,
                 {plan.http.spool_memory_bytes_max, spool_dir_.get()}, randomBits()),
        handler_(*sites_, context_, plan.unknown_host_status),
        server_(waits_, handler_, plan.http) {}

  // Borrows `ticker`. `connector` is the socket to it, if any route may call anybody.
  [[nodiscard]] Result<void> start(const engine::Ticker& ticker, UniqueFd connector);
  [[nodiscard]] int readiness() { return readinessOf(loop_); }
  int run();

 private:
  [[nodiscard]] Result<void> lockDown();
  void openOutbound(UniqueFd connector);
  void waitForSignal();
  void watchSupervisor();
  void drain(http::Drain how);
  void accept();

  const Plan& plan_;
  const Sockets& sockets_;
  // In this order: what the loop still holds when it is destroyed uses all above it.
  const std::unique_ptr<Sites> sites_;
  const UniqueFd spool_dir_;
  WorkerContext context_;
  RequestHandler handler_;
  Certificates certificates_;
  const SystemClock clock_;
  asio::io_context loop_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
  loop::Loop waits_{loop_, clock_};
  asio::signal_set signals_{loop_};
  asio::steady_timer drain_timer_{loop_};
  asio::posix::stream_descriptor control_{loop_};
  std::array<char, 1> control_byte_{};
  std::optional<outbound::Client> outbound_;
  http::Server server_;
  int exit_code_ = 0;
  bool draining_ = false;
  bool stopping_ = false;
};

Result<void> Worker::start(const engine::Ticker& ticker, UniqueFd connector) {
  context_.ticker = &ticker;
  if (connector) openOutbound(std::move(connector));
  if (auto loaded = certificates_.load(plan_, sockets_.ticket_keys); !loaded) return loaded;
  for (const int number : {SIGUSR1, SIGTERM, SIGINT}) signals_.add(number);
  waitForSignal();
  if (sockets_.control < 0) {
    spdlog::warn("without workers of its own (--workers 0) the server isn't locked down");
    accept();
  } else {
    control_.assign(::dup(sockets_.control));
    if (auto locked = lockDown(); !locked) return locked;
    std::ignore = ::write(sockets_.control, "R", 1);
    watchSupervisor();
  }
  return {};
}

void Worker::openOutbound(UniqueFd connector) {
  outbound::Client::Settings settings;
  settings.connector_gone = [this] {
    spdlog::error("the connector of worker {} is gone; the worker ends", sockets_.index);
    exit_code_ = 1;
    loop_.stop();
  };
  const std::string roots = outbound::TlsClient::defaultRootsPath();
  if (auto tls = outbound::TlsClient::load(roots)) {
    settings.tls = *std::move(tls);
  } else if (sockets_.index == 0) {
    spdlog::warn("guests can't call https: {}", tls.error().message);
  }
  context_.outbound = &outbound_.emplace(loop_, std::move(connector), std::move(settings), clock_);
}

// From here on the worker has what it holds, its volumes and its logs, and can't get more.
Result<void> Worker::lockDown() {
  using Access = lockdown::Folder::Access;
  lockdown::KeptAccess needs{.user = plan_.user, .folders = {}};
  for (const wasi::Preopen& volume : sites_->volumes()) {
    needs.folders.push_back({volume.fd, volume.read_only ? Access::kRead : Access::kChange});
  }
  const UniqueFd logs = openFolder(plan_.log_dir);
  if (logs) needs.folders.push_back({logs.get(), Access::kWrite});
  if (spool_dir_) needs.folders.push_back({spool_dir_.get(), Access::kChange});
  const UniqueFd all = writesCounts() ? openFolder("/") : UniqueFd();
  if (all) needs.folders.push_back({all.get(), Access::kChange});
  std::ignore = wasi::realSystem();  // Made now: later it couldn't ask for its limits.
  const auto report = lockdown::lockDown(needs);
  if (!report) return fail("it can't be locked down: " + report.error().message);
  if (sockets_.index != 0) return {};
  spdlog::info("workers are locked down: {}", lockdown::text(*report));
  if (logs && ::access(plan_.log_dir.c_str(), W_OK | X_OK) != 0) {
    spdlog::warn("{} isn't writable for {}: what guests print on stderr is lost", plan_.log_dir,
                 report->user);
  }
  return {};
}

void Worker::accept() {
  for (std::size_t i = 0; i < sockets_.listening.size(); ++i) {
    server_.listen(UniqueFd(sockets_.listening[i]), certificates_.of(i));
  }
}

int Worker::run() {
  loop_.run();
  return exit_code_;
}

void Worker::waitForSignal() {
  signals_.async_wait([this](const boost::system::error_code& error, int number) {
    if (error) return;
    if (number == SIGUSR1) {
      drain(http::Drain::kReload);
    } else if (stopping_) {
      loop_.stop();
      return;
    } else {
      stopping_ = true;
      drain(http::Drain::kStop);
    }
    waitForSignal();
  });
}

void Worker::drain(http::Drain how) {
  draining_ = true;
  server_.drain(how, [this] { loop_.stop(); });
  drain_timer_.expires_after(plan_.drain_max);
  drain_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    spdlog::warn("{} connections didn't end within {} ms and are closed", server_.connections(),
                 plan_.drain_max.count());
    loop_.stop();
  });
}

// The supervisor writes once: when all workers of the generation are ready. Until then none of them
// answers anybody, so that a reload which fails has served nothing.
void Worker::watchSupervisor() {
  control_.async_read_some(
      asio::buffer(control_byte_), [this](const boost::system::error_code& error, std::size_t) {
        if (error == asio::error::operation_aborted) return;
        if (error) {
          spdlog::error("the supervisor is gone; worker {} ends", sockets_.index);
          loop_.stop();
          return;
        }
        if (!draining_) accept();
        watchSupervisor();
      });
}

void resetSignals() {
  ::signal(SIGPIPE, SIG_IGN);
  // A guest's file that passes RLIMIT_FSIZE fails with EFBIG instead.
  ::signal(SIGXFSZ, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// The socket to the connector, none where no route may call anybody.
Result<UniqueFd> connectorOf(const Plan& plan, const Sockets& sockets) {
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

int run(const Plan& plan, const Sockets& sockets) {
  // First: it should have nothing of what the worker opens.
  auto connector = connectorOf(plan, sockets);
  if (!connector) {
    spdlog::error("worker {} can't start: {}", sockets.index, connector.error().message);
    return 1;
  }
  auto sites = Sites::load(plan, *sockets.counters,
                           sockets.index == 0 ? Warnings::kLogged : Warnings::kSilent);
  if (!sites) {
    spdlog::error("worker {} can't start: {}", sockets.index, sites.error().message);
    return 1;
  }
  const auto engines = (*sites)->engines();
  Worker worker(plan, sockets, std::move(*sites));
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
  resetSignals();
  return worker.run();
}

}  // namespace wagi::worker
