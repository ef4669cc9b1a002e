// For tests only: processes that run nothing, and end when a test says so.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "server/runner/processes.h"

namespace wagi::runner {

class FakeProcesses final : public Processes {
 public:
  struct Process {
    std::string name;
    std::vector<int> keep;
    UniqueFd control;          // The worker's end.
    std::vector<int> signals;  // The signals that it got.
    std::optional<int> status;
    bool group_is_gone = true;
  };
  std::vector<pid_t> started;  // In their order.
  std::map<pid_t, Process> all;
  std::optional<std::string> refusal;  // The error of start(), if it is to fail.

  // The process that was started as the `index`th.
  Process& at(std::size_t index) { return all.at(started.at(index)); }
  void sayReady(std::size_t index) { std::ignore = ::write(at(index).control.get(), "R", 1); }
  bool wasLetGo(std::size_t index) {
    char byte = 0;
    return ::read(at(index).control.get(), &byte, 1) == 1 && byte == 'G';
  }
  void exit(std::size_t index, int code) { at(index).status = code << 8; }
  void crash(std::size_t index, int number) { at(index).status = number; }

  Result<Started> start(const Child& child) override {
    if (refusal) return fail(*refusal);
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
      return fail("no socket pair");
    }
    const auto pid = static_cast<pid_t>(100 + started.size());
    started.push_back(pid);
    all[pid] = {.name = child.name,
                .keep = child.keep,
                .control = UniqueFd(ends[1]),
                .signals = {},
                .status = {}};
    return Started{pid, UniqueFd(ends[0])};
  }
  void signal(pid_t pid, int number) override {
    Process& process = all.at(pid);
    process.signals.push_back(number);
    if (number == SIGKILL) process.status = SIGKILL;
  }
  std::optional<int> statusOf(pid_t pid) override { return all.at(pid).status; }
  void await(pid_t) override {}
  bool isGone(pid_t group) override { return all.at(group).group_is_gone; }
  void endGroup(pid_t group) override { all.at(group).group_is_gone = true; }
};

}  // namespace wagi::runner
