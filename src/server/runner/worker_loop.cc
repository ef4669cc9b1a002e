#include "server/runner/worker_loop.h"

#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstddef>
#include <ctime>
#include <tuple>
#include <utility>

#include "base/child.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include "server/runner/readiness.h"

namespace wagi::runner {
namespace {

namespace asio = boost::asio;

void resetSignals() {
  ::signal(SIGPIPE, SIG_IGN);
  // A file that passes RLIMIT_FSIZE makes the call fail with EFBIG instead.
  ::signal(SIGXFSZ, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

WorkerLoop::WorkerLoop(http::Handler& handler, const http::Limits& limits, WorkerSockets sockets,
                       std::chrono::milliseconds drain_max)
    : sockets_(std::move(sockets)),
      drain_max_(drain_max),
      server_(std::in_place, waits_, handler, limits) {}

int WorkerLoop::readiness() { return readinessOf(loop_); }

Result<std::optional<lockdown::Report>> WorkerLoop::start(
    lockdown::KeptAccess kept, std::vector<const http::TlsContext*> tls) {
  tls_ = std::move(tls);
  for (const int number : {SIGUSR1, SIGTERM, SIGINT}) signals_.add(number);
  waitForSignal();
  if (sockets_.control < 0) {
    accept();
    return std::nullopt;
  }
  control_.assign(::dup(sockets_.control));
  ::tzset();  // The log's times are local ones: once locked down, the process can't read the zone.
  const UniqueFd all = writesCounts() ? openFolder("/") : UniqueFd();
  if (all) kept.folders.push_back({all.get(), lockdown::Folder::Access::kChange});
  const auto report = lockdown::lockDown(kept);
  if (!report) return fail("it can't be locked down: " + report.error().message);
  if (sockets_.index == 0) spdlog::info("workers are locked down: {}", lockdown::text(*report));
  std::ignore = ::write(sockets_.control, "R", 1);
  watchFirstProcess();
  return *report;
}

void WorkerLoop::accept() {
  for (std::size_t i = 0; i < sockets_.listening.size(); ++i) {
    server_->listen(UniqueFd(sockets_.listening[i]), tls_[i]);
  }
}

void WorkerLoop::end(int exit_code) {
  exit_code_ = exit_code;
  loop_.stop();
}

int WorkerLoop::run() {
  resetSignals();
  loop_.run();
  server_.reset();
  return exit_code_;
}

void WorkerLoop::waitForSignal() {
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

void WorkerLoop::drain(http::Drain how) {
  draining_ = true;
  server_->drain(how, [this] { loop_.stop(); });
  drain_timer_.expires_after(drain_max_);
  drain_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    spdlog::warn("{} connections didn't end within {} ms and are closed", server_->connections(),
                 drain_max_.count());
    loop_.stop();
  });
}

// The first process writes once: when all workers of the generation are ready. Until then none of
// them answers anybody, so that a reload which fails has served nothing.
void WorkerLoop::watchFirstProcess() {
  control_.async_read_some(
      asio::buffer(control_byte_), [this](const boost::system::error_code& error, std::size_t) {
        if (error == asio::error::operation_aborted) return;
        if (error) {
          spdlog::error("the supervisor is gone; worker {} ends", sockets_.index);
          loop_.stop();
          return;
        }
        if (!draining_) accept();
        watchFirstProcess();
      });
}

}  // namespace wagi::runner
