// A computation in a forked child: it may crash or never end, and costs nothing but the child.
//
// Used from a process without threads. The child is killed when its job is destroyed, and dies with
// its parent. What it prints on stderr is printed when it has ended well, and part of the error
// when it hasn't: a library's last words say why.
#pragma once

#include <sys/types.h>

#include <cstddef>
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
  // The part of its stderr that a pipe holds; the rest is lost.
  static constexpr std::size_t kLastWordsBytesMax = 64 << 10;
  static constexpr std::size_t kQuotedBytesMax = 2 << 10;  // Of it, in an error.

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
  // The signal that ended it, 0 if none did. REQUIRES: read() returned true.
  [[nodiscard]] int signal() const;
  // What the work returned, or how the child died. REQUIRES: read() returned true; once.
  [[nodiscard]] Result<std::string> take();

 private:
  ChildJob(pid_t pid, UniqueFd pipe, UniqueFd words)
      : pid_(pid), pipe_(std::move(pipe)), words_(std::move(words)) {}
  void digest(std::string_view bytes);
  [[nodiscard]] std::string lastWords() const;

  pid_t pid_;  // -1 once it has been waited for.
  UniqueFd pipe_;
  UniqueFd words_;  // The child's stderr. It never waits for a reader: see runChild().
  char said_ = 0;
  bool has_answer_ = false;
  std::string answer_;  // What followed '=': 'v' or 'e', then the value or the error.
  int status_ = 0;      // Of waitpid(2).
};

}  // namespace wagi::artifact
