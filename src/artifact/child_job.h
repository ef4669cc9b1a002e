// A computation in a forked child: it may crash or never end, and costs nothing but the child.
//
// Used from a process without threads. The child is killed when its job is destroyed, and dies with
// its parent.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace wagi::artifact {

class ChildJob {
 public:
  // Runs in the child. May say what it is at, in a byte other than '='; its result is the job's.
  using Say = std::function<void(char)>;
  using Work = std::function<Result<std::string>(const Say& say)>;

  [[nodiscard]] static Result<ChildJob> start(const Work& work);
  ChildJob(ChildJob&& other) noexcept;
  ChildJob& operator=(ChildJob&& other) noexcept;
  ~ChildJob();

  // To be polled for reading; then read() is due.
  [[nodiscard]] int fd() const { return pipe_.get(); }
  // Takes what is there, without waiting. Whether the child has ended.
  [[nodiscard]] bool read();
  // The last byte that the child said, 0 before the first.
  [[nodiscard]] char said() const { return said_; }
  // What the work returned, or how the child died. REQUIRES: read() returned true; once.
  [[nodiscard]] Result<std::string> take();

 private:
  ChildJob(pid_t pid, UniqueFd pipe) : pid_(pid), pipe_(std::move(pipe)) {}
  void digest(std::string_view bytes);

  pid_t pid_;  // -1 once it has been waited for.
  UniqueFd pipe_;
  char said_ = 0;
  bool has_answer_ = false;
  std::string answer_;  // What followed '=': 'v' or 'e', then the value or the error.
  int status_ = 0;      // Of waitpid(2).
};

}  // namespace wagi::artifact
