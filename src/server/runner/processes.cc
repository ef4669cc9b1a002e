#include "server/runner/processes.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/child.h"

namespace wagi::runner {
namespace {

// noexcept: unwinding would run the supervisor's own destructors, which kill the other workers.
[[noreturn]] void runWorker(const Processes::Child& child, int control, pid_t parent) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) exitChild(1);  // It died before that call.
  // Out of the terminal's foreground: Ctrl-C is the supervisor's to pass on.
  ::setpgid(0, 0);
  ::signal(SIGHUP, SIG_IGN);
  ::prctl(PR_SET_NAME, child.name.c_str());
  std::vector<int> keep = child.keep;
  keep.push_back(control);
  closeAllBut(std::move(keep));
  exitChild(child.work(control));
}

}  // namespace

Result<Processes::Started> ForkedProcesses::start(const Child& child) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
    return fail(fmt::format("can't make a socket pair: {}", std::strerror(errno)));
  }
  UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail(fmt::format("can't start a worker: {}", std::strerror(errno)));
  if (pid == 0) runWorker(child, theirs.get(), parent);
  return Started{pid, std::move(ours)};
}

void ForkedProcesses::signal(pid_t pid, int number) { ::kill(pid, number); }

std::optional<int> ForkedProcesses::statusOf(pid_t pid) {
  int status = 0;
  const pid_t got = ::waitpid(pid, &status, WNOHANG);
  if (got == pid || (got < 0 && errno == ECHILD)) return status;
  return std::nullopt;
}

void ForkedProcesses::await(pid_t pid) { ::waitpid(pid, nullptr, 0); }

bool ForkedProcesses::isGone(pid_t group) {
  pid_t got = 0;
  while ((got = ::waitpid(-group, nullptr, WNOHANG)) > 0) {
  }
  return got < 0;
}

void ForkedProcesses::endGroup(pid_t group) {
  // Signalled only while a child of ours is in it: else its number may be another's by now.
  if (::waitpid(-group, nullptr, WNOHANG) == 0) ::kill(-group, SIGKILL);
  while (::waitpid(-group, nullptr, 0) > 0) {
  }
}

}  // namespace wagi::runner
