#include "supply/artifact/child_job.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

#include "base/child.h"
#include "base/file.h"
#include "base/say.h"

namespace wagi::artifact {
namespace {

constexpr char kAnswer = '=';
constexpr char kValue = 'v';
constexpr char kError = 'e';

// Writes to the parent. A child whose pipe is closed ends, since nobody waits for its result.
void tell(int fd, std::string_view bytes) {
  if (!writeAll(fd, bytes)) ::_exit(1);
}

[[noreturn]] void runChild(const ChildJob::Work& work, int out, int words, std::vector<int> keep,
                           pid_t parent) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // The parent died before prctl().
  // The child leaves the process group, whose signals (Ctrl-C) are the supervisor's to answer.
  ::setpgid(0, 0);
  ::signal(SIGHUP, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(words, STDERR_FILENO);
  keep.push_back(out);
  closeAllBut(std::move(keep));
  std::string answer{kAnswer};
  try {
    const auto result = work([out](char said) { tell(out, {&said, 1}); });
    answer += result ? kValue : kError;
    answer += result ? *result : result.error().message;
  } catch (const std::exception& error) {
    answer += kError;
    answer += error.what();
  }
  tell(out, answer);
  exitChild(0);
}

struct Pipe {
  UniqueFd reading;
  UniqueFd writing;
};

Result<Pipe> makePipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail(fmt::format("can't make a pipe: {}", std::strerror(errno)));
  }
  Pipe pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
  ::fcntl(pipe.reading.get(), F_SETFL, O_NONBLOCK);
  return pipe;
}

}  // namespace

Result<ChildJob> ChildJob::start(const Work& work, std::vector<int> keep) {
  auto answer = makePipe();
  if (!answer) return std::unexpected(std::move(answer.error()));
  auto words = makePipe();
  if (!words) return std::unexpected(std::move(words.error()));
  // Nobody reads it before the end, so bytes that the pipe has no room for must be lost.
  ::fcntl(words->writing.get(), F_SETFL, O_NONBLOCK);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail(fmt::format("can't start a process: {}", std::strerror(errno)));
  if (pid == 0)
    runChild(work, answer->writing.get(), words->writing.get(), std::move(keep), parent);
  return ChildJob(pid, std::move(answer->reading), std::move(words->reading));
}

ChildJob::ChildJob(ChildJob&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pipe_(std::move(other.pipe_)),
      words_(std::move(other.words_)),
      said_(other.said_),
      has_answer_(other.has_answer_),
      says_too_much_(other.says_too_much_),
      answer_(std::move(other.answer_)),
      status_(other.status_) {}

ChildJob& ChildJob::operator=(ChildJob&& other) noexcept {
  std::swap(pid_, other.pid_);  // The old child ends with `other`.
  std::swap(pipe_, other.pipe_);
  std::swap(words_, other.words_);
  said_ = other.said_;
  has_answer_ = other.has_answer_;
  says_too_much_ = other.says_too_much_;
  answer_ = std::move(other.answer_);
  status_ = other.status_;
  return *this;
}

ChildJob::~ChildJob() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

bool ChildJob::read() {
  std::array<char, 64 << 10> buffer;
  while (pid_ >= 0) {
    const ssize_t count = ::read(pipe_.get(), buffer.data(), buffer.size());
    if (count > 0) {
      digest({buffer.data(), static_cast<std::size_t>(count)});
    } else if (count < 0 && errno == EINTR) {
      continue;
    } else if (count < 0 && errno == EAGAIN) {
      return false;
    } else {  // The pipe is closed, so the child has ended or is about to.
      ::waitpid(pid_, &status_, 0);
      pid_ = -1;
    }
  }
  return true;
}

void ChildJob::digest(std::string_view bytes) {
  if (!has_answer_) {
    const std::size_t begin = bytes.find(kAnswer);
    const std::string_view phases = bytes.substr(0, begin);
    if (!phases.empty()) said_ = phases.back();
    if (begin == std::string_view::npos) return;
    has_answer_ = true;
    bytes.remove_prefix(begin + 1);
  }
  if (answer_.size() + bytes.size() <= kAnswerBytesMax) {
    answer_ += bytes;
    return;
  }
  says_too_much_ = true;
  ::kill(pid_, SIGKILL);
}

std::string ChildJob::lastWords() const {
  std::string words(kLastWordsBytesMax, '\0');
  const ssize_t count = ::read(words_.get(), words.data(), words.size());
  words.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  while (words.ends_with('\n')) words.pop_back();
  return words;
}

int ChildJob::signal() const {
  assert(pid_ < 0);
  return WIFSIGNALED(status_) ? WTERMSIG(status_) : 0;
}

Result<std::string> ChildJob::take() {
  assert(pid_ < 0);
  if (says_too_much_) {
    return fail(
        fmt::format("the process that did it said more than {} MiB", kAnswerBytesMax >> 20));
  }
  const std::string words = lastWords();
  const std::string said =
      words.empty() ? "" : fmt::format("; it said: {}", words.substr(0, kQuotedBytesMax));
  if (const int number = signal(); number != 0) {
    return fail(fmt::format("the process that did it was ended by signal {} ({}{}){}", number,
                            ::strsignal(number),
                            number == SIGKILL ? ", perhaps for want of memory" : "", said));
  }
  if (WEXITSTATUS(status_) != 0 || answer_.empty()) {
    return fail(
        fmt::format("the process that did it ended with code {}{}", WEXITSTATUS(status_), said));
  }
  if (!words.empty()) say(stderr, "{}\n", words);
  if (answer_[0] == kError) return fail(answer_.substr(1));
  return answer_.substr(1);
}

}  // namespace wagi::artifact
