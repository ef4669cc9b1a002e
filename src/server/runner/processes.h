// How a generation's workers become processes, are signalled and waited for.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace wagi::runner {

// The kernel's, unless a test has its own. Used from the first process's loop only.
class Processes {
 public:
  struct Child {
    std::string name;                      // As ps(1) shows it.
    std::function<int(int control)> work;  // Its exit code is the process's.
    std::vector<int> keep;                 // Descriptors that it needs beside `control`.
  };
  struct Started {
    pid_t pid = -1;
    UniqueFd control;  // The other end of the worker's; without waiting.
  };

  virtual ~Processes() = default;

  // Its process group is its own, and what it starts itself is in there too.
  [[nodiscard]] virtual Result<Started> start(const Child& child) = 0;
  virtual void signal(pid_t pid, int number) = 0;
  // The status of waitpid(2), once the process has ended; then its number may be another's.
  [[nodiscard]] virtual std::optional<int> statusOf(pid_t pid) = 0;
  // Waits for its end.
  virtual void await(pid_t pid) = 0;
  // Looks after those of a group that have ended. Whether nobody is left in it.
  [[nodiscard]] virtual bool isGone(pid_t group) = 0;
  // Ends those that are left in a group, and waits for their end.
  virtual void endGroup(pid_t group) = 0;
};

class ForkedProcesses final : public Processes {
 public:
  [[nodiscard]] Result<Started> start(const Child& child) override;
  void signal(pid_t pid, int number) override;
  [[nodiscard]] std::optional<int> statusOf(pid_t pid) override;
  void await(pid_t pid) override;
  [[nodiscard]] bool isGone(pid_t group) override;
  void endGroup(pid_t group) override;
};

}  // namespace wagi::runner
