#include "supply/oci/helper.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/file.h"
#include "base/unique_fd.h"

extern char** environ;

namespace wagi::oci {
namespace {

using Clock = std::chrono::steady_clock;

// Holds the input in memory. A pipe could fill up, or break where the helper doesn't read it.
Result<UniqueFd> fileWith(std::string_view input) {
  UniqueFd fd(::memfd_create("input", MFD_CLOEXEC));
  if (!fd || !writeAll(fd.get(), input) || ::lseek(fd.get(), 0, SEEK_SET) != 0) {
    return fail(std::strerror(errno));
  }
  return fd;
}

// Everything until the other end is closed; the error says why it is cut short.
Result<std::string> readUntil(int fd, Clock::time_point deadline) {
  std::string output;
  std::array<char, 4096> buffer;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd entry{fd, POLLIN, 0};
    if (left <= 0 || ::poll(&entry, 1, static_cast<int>(left)) == 0) {
      return fail("it didn't answer in time");
    }
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(std::strerror(errno));
    if (count == 0) return output;
    output.append(buffer.data(), static_cast<std::size_t>(count));
    if (output.size() > kHelperBytesMax) return fail("it printed too much");
  }
}

bool endsBefore(pid_t pid, Clock::time_point deadline) {
  const UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  pollfd entry{fd.get(), POLLIN, 0};
  return fd && left > 0 && ::poll(&entry, 1, static_cast<int>(left)) == 1;
}

}  // namespace

Result<HelperAnswer> runHelper(std::vector<std::string> command, std::string_view input,
                               std::chrono::milliseconds wall_max) {
  const auto deadline = Clock::now() + wall_max;
  const auto in = fileWith(input.substr(0, kHelperBytesMax));
  if (!in) return std::unexpected(in.error());
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(std::strerror(errno));
  const UniqueFd out(ends[0]);
  UniqueFd childs_out(ends[1]);

  std::vector<char*> words;
  words.reserve(command.size() + 1);
  for (std::string& word : command) words.push_back(word.data());
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in->get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, childs_out.get(), STDOUT_FILENO);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, words[0], &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return fail(fmt::format("can't run it: {}", std::strerror(error)));
  childs_out.reset();

  auto output = readUntil(out.get(), deadline);
  // The helper may have closed its output without ending.
  if (!output || !endsBefore(pid, deadline)) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!output) return std::unexpected(std::move(output.error()));
  return HelperAnswer{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                      *std::move(output)};
}

}  // namespace wagi::oci
