#include "server/runner/runner.h"

#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace wagi::runner {
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

Runner::Runner(Clocks clocks) : clocks_(std::move(clocks)), signals_(takeSignals()) {}

int Runner::run(Program& program) {
  // Processes that a worker leaves behind become children of this one, which knows of them, rather
  // than of an init that may be none.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  if (!signals_) {
    spdlog::error("can't wait for signals: {}", std::strerror(errno));
    return 1;
  }
  for (;;) {
    const auto now = clocks_.steady();
    if (const auto code = program.step(now)) return *code;
    wait(program, now);
  }
}

void Runner::wait(Program& program, Program::Clock::time_point now) {
  std::vector<pollfd> fds{{signals_.get(), POLLIN, 0}};
  program.addTo(fds);
  int timeout_ms = -1;
  if (const auto until = program.deadline(now)) {
    // Rounded up: waking a little too early would spin. A time long past, such as
    // time_point::min(), is as far from now as no duration can be.
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(std::max(*until, now) - now);
    timeout_ms = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
  }
  ::poll(fds.data(), fds.size(), timeout_ms);
  readSignals(program);
}

void Runner::readSignals(Program& program) {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    switch (info.ssi_signo) {
      case SIGHUP:
        program.reload();
        break;
      case SIGTERM:
      case SIGINT:
        program.stop(clocks_.steady());
        break;
      default:  // SIGCHLD: each generation looks after its own.
        break;
    }
  }
}

}  // namespace wagi::runner
