#include "lockdown/probe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/child.h"
#include "base/unique_fd.h"

namespace wagi::lockdown {
namespace {

// The result of a call of the C library, or the negative errno that it failed with.
long outcome(long result) { return result < 0 ? -errno : result; }

long openAt(const char* path, int flags) {
  return outcome(::openat(AT_FDCWD, path, flags | O_CLOEXEC, 0600));
}

long readPasswords() { return openAt("/etc/passwd", O_RDONLY); }
long listRoot() { return openAt("/", O_RDONLY | O_DIRECTORY); }
long readMemoryOfParent() {
  std::array<char, 40> path{};
  const auto end = fmt::format_to_n(path.data(), path.size() - 1, "/proc/{}/mem", ::getppid());
  *end.out = '\0';
  return openAt(path.data(), O_RDONLY);
}
long writeOutside() { return openAt("/tmp/wagi-escaped", O_WRONLY | O_CREAT); }
long makeDevice() {
  return outcome(::mknodat(AT_FDCWD, "/tmp/wagi-escaped", S_IFCHR | 0600, makedev(1, 3)));
}
long execute() {
  char program[] = "/bin/true";
  char* const arguments[] = {program, nullptr};
  char* const environment[] = {nullptr};
  return outcome(::execve(program, arguments, environment));
}
long startProcess() {
  const long pid = ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (pid == 0) ::_exit(0);
  return outcome(pid);
}
long traceParent() { return outcome(::ptrace(PTRACE_SEIZE, ::getppid(), nullptr, nullptr)); }
long readParent() {
  std::array<char, 1> byte{};
  const iovec local{byte.data(), byte.size()};
  const iovec remote{byte.data(), byte.size()};  // Mapped in the parent too, which forked this.
  return outcome(::process_vm_readv(::getppid(), &local, 1, &remote, 1, 0));
}
long signalParent() { return outcome(::kill(::getppid(), 0)); }
long openSocket() { return outcome(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }
long openUnixSocket() { return outcome(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }
long mapCode() {
  void* const at =
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return at == MAP_FAILED ? -errno : 0;
}
long becomeRoot() { return outcome(::setresuid(0, 0, 0)); }
long mountFolder() { return outcome(::mount("/", "/", nullptr, MS_REMOUNT | MS_BIND, nullptr)); }
long enterNamespace() { return outcome(::unshare(CLONE_NEWUSER)); }
long setUpRing() {
  io_uring_params parameters{};
  return outcome(::syscall(SYS_io_uring_setup, 1, &parameters));
}

constexpr auto kEscapes = std::to_array<Escape>({
    {"read /etc/passwd", readPasswords},
    {"list /", listRoot},
    {"read the supervisor's memory through /proc", readMemoryOfParent},
    {"write a file outside the volumes", writeOutside},
    {"make a device", makeDevice},
    {"execute a program", execute},
    {"start a process", startProcess},
    {"trace the supervisor (ptrace)", traceParent},
    {"read the supervisor's memory (process_vm_readv)", readParent},
    {"signal the supervisor", signalParent},
    {"open a TCP socket", openSocket, /*needs_network=*/true},
    {"open a Unix socket", openUnixSocket, /*needs_network=*/true},
    {"map memory that can be executed", mapCode},
    {"become root", becomeRoot},
    {"mount", mountFolder},
    {"make a user namespace", enterNamespace},
    {"set up io_uring", setUpRing},
});

constexpr int kExitNotLocked = 1;

[[noreturn]] void tryInChild(const KeptAccess& kept, const Escape& escape, int out) {
  const auto locked = lockDown(kept);
  if (!locked) {
    std::ignore = ::write(out, locked.error().message.data(), locked.error().message.size());
    ::_exit(kExitNotLocked);
  }
  const long result = escape.attempt();
  std::ignore = ::write(out, &result, sizeof result);
  ::_exit(0);
}

Result<Outcome> tryOne(const KeptAccess& kept, const Escape& escape) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail(fmt::format("can't make a pipe: {}", std::strerror(errno)));
  }
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return fail(fmt::format("can't start a process: {}", std::strerror(errno)));
  if (pid == 0) tryInChild(kept, escape, writing.get());
  writing.reset();
  std::array<char, 512> said{};
  const ssize_t count = ::read(reading.get(), said.data(), said.size());
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kExitNotLocked) {
    return fail(std::string(said.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))));
  }
  long result = 0;
  if (count != sizeof result) return outcomeOfEnd(escape, status);
  std::memcpy(&result, said.data(), sizeof result);
  return outcomeOf(escape, result);
}

}  // namespace

std::span<const Escape> escapes() { return kEscapes; }

Outcome outcomeOf(const Escape& escape, long result) {
  if (result >= 0) return {escape.what, false, "it went through"};
  return {escape.what, true, ::strerrorname_np(static_cast<int>(-result))};
}

Outcome outcomeOfEnd(const Escape& escape, int status) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
    return {escape.what, true, "SIGSYS ended the process"};
  }
  return {escape.what, false, fmt::format("the process ended with status {:#x}", status)};
}

Result<std::vector<Outcome>> probe(const KeptAccess& kept) {
  std::vector<Outcome> outcomes;
  for (const Escape& escape : kEscapes) {
    if (escape.needs_network && hasNetwork(kept.calls)) continue;
    auto outcome = tryOne(kept, escape);
    if (!outcome) return std::unexpected(std::move(outcome.error()));
    outcomes.push_back(*std::move(outcome));
  }
  return outcomes;
}

}  // namespace wagi::lockdown
