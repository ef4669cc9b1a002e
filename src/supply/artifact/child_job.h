// Runs a computation in a forked child, where it may crash or never end.
//
// For a process without threads. The child is killed when its job is destroyed, and dies with its
// parent. Its stderr is printed when it has ended well, and becomes part of the error when it
// hasn't, since the last words of a library often say why.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace wagi::artifact {

class ChildJob {
 public:
  // Work runs in the child; its result is the job's. It may tell its phase as it goes, by calling
  // Say with a byte other than '='.
  using Say = std::function<void(char)>;
  using Work = std::function<Result<std::string>(const Say& say)>;
  // As much of the child's stderr as a pipe holds; the rest is lost.
  static constexpr std::size_t kLastWordsBytesMax = 64 << 10;
  static constexpr std::size_t kQuotedBytesMax = 2 << 10;  // The part that an error quotes.
  // A child whose result is larger is ended, and has failed.
  static constexpr std::size_t kAnswerBytesMax = 64 << 20;

  // The child has the descriptors `keep`, and no other of its parent's.
  [[nodiscard]] static Result<ChildJob> start(const Work& work, std::vector<int> keep = {});
  ChildJob(ChildJob&& other) noexcept;
  ChildJob& operator=(ChildJob&& other) noexcept;
  ~ChildJob();

  // A descriptor to poll; when it is readable, read() is due.
  [[nodiscard]] int fd() const { return pipe_.get(); }
  // Reads what the child has written so far, without waiting. True: the child has ended.
  [[nodiscard]] bool read();
  // The last byte that the child said, 0 before the first.
  [[nodiscard]] char said() const { return said_; }
  // The signal that ended the child; 0 if none did. REQUIRES: read() returned true.
  [[nodiscard]] int signal() const;
  // The result of the work, or an error that says how the child died. REQUIRES: read() returned
  // true, and take() wasn't called before.
  [[nodiscard]] Result<std::string> take();

 private:
  ChildJob(pid_t pid, UniqueFd pipe, UniqueFd words)
      : pid_(pid), pipe_(std::move(pipe)), words_(std::move(words)) {}
  void digest(std::string_view bytes);
  [[nodiscard]] std::string lastWords() const;

  pid_t pid_;  // -1 once it has been waited for.
  UniqueFd pipe_;
  UniqueFd words_;  // The child's stderr; the child never waits for it to be read.
  char said_ = 0;
  bool has_answer_ = false;
  bool says_too_much_ = false;
  std::string answer_;  // The bytes behind '=': 'v' or 'e', then the value or the error.
  int status_ = 0;      // The status from waitpid(2).
};

}  // namespace wagi::artifact
