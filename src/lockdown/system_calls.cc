#include "lockdown/system_calls.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <set>
#include <span>
#include <type_traits>

namespace wagi::lockdown {
namespace {

// Calls that every list has. Calls that are allowed without a condition on their arguments, as in
// these lists, cost nothing: the kernel keeps them in a bitmap.
constexpr auto kComputing = std::to_array<int>({
    SCMP_SYS(brk),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(close),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(fstat),
    SCMP_SYS(futex),
    SCMP_SYS(geteuid),  // To see whether a file is the process's own.
    SCMP_SYS(getpid),
    SCMP_SYS(getrandom),
    SCMP_SYS(gettid),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(lseek),
    SCMP_SYS(madvise),
    SCMP_SYS(mremap),
    SCMP_SYS(munmap),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(timer_delete),
    SCMP_SYS(timer_settime),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(rseq),
    SCMP_SYS(set_robust_list),
});

constexpr auto kServing = std::to_array<int>({
    // Connections that the listening socket gives.
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockname),
    SCMP_SYS(getsockopt),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(setsockopt),
    SCMP_SYS(shutdown),
    // The event loop.
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(timerfd_settime),
    // Volumes, logs and spooled bodies; Landlock says which files these reach.
    SCMP_SYS(access),
    SCMP_SYS(dup),
    SCMP_SYS(fadvise64),
    SCMP_SYS(fallocate),
    SCMP_SYS(fdatasync),
    SCMP_SYS(flock),
    SCMP_SYS(fsync),
    SCMP_SYS(ftruncate),
    SCMP_SYS(getdents64),
    SCMP_SYS(linkat),
    SCMP_SYS(lstat),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(openat2),
    SCMP_SYS(pread64),
    SCMP_SYS(preadv),
    SCMP_SYS(pwrite64),
    SCMP_SYS(pwritev),
    SCMP_SYS(readlinkat),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(stat),
    SCMP_SYS(statx),
    SCMP_SYS(symlinkat),
    SCMP_SYS(unlinkat),
    SCMP_SYS(utimensat),
});

constexpr auto kCompiling = std::to_array<int>({
    // Threads, and code that all of them see.
    SCMP_SYS(membarrier),
    SCMP_SYS(sched_getaffinity),
    // The cache; Landlock says which files these reach.
    SCMP_SYS(access),
    SCMP_SYS(fadvise64),
    SCMP_SYS(getdents64),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(pread64),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(stat),
    SCMP_SYS(statx),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(utimensat),
    // Set-up before the module's own code runs: a timer for its slices, and a shorter list of
    // calls.
    SCMP_SYS(getrlimit),
    SCMP_SYS(seccomp),
    SCMP_SYS(setrlimit),
    SCMP_SYS(timer_create),
});

constexpr auto kConnecting = std::to_array<int>({
    // Sockets, those of getaddrinfo(3) to its servers among them.
    SCMP_SYS(bind),
    SCMP_SYS(connect),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockname),
    SCMP_SYS(getsockopt),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(setsockopt),
    SCMP_SYS(shutdown),
    SCMP_SYS(socket),
    // Threads.
    SCMP_SYS(set_tid_address),
    SCMP_SYS(sched_getaffinity),
    // Files that the C library reads to look up a name: /etc/hosts, /etc/resolv.conf and others.
    SCMP_SYS(access),
    SCMP_SYS(getdents64),
    SCMP_SYS(getuid),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(pread64),
    SCMP_SYS(readlinkat),
    SCMP_SYS(stat),
    SCMP_SYS(statx),
    SCMP_SYS(uname),
});

constexpr auto kStoring = std::to_array<int>({
    // The store; Landlock says which files these reach.
    SCMP_SYS(chmod),     SCMP_SYS(dup),       SCMP_SYS(fadvise64), SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat),  SCMP_SYS(fdatasync), SCMP_SYS(flock),     SCMP_SYS(fsync),
    SCMP_SYS(ftruncate), SCMP_SYS(getcwd),    SCMP_SYS(link),      SCMP_SYS(linkat),
    SCMP_SYS(mkdir),     SCMP_SYS(mkdirat),   SCMP_SYS(open),      SCMP_SYS(openat),
    SCMP_SYS(openat2),   SCMP_SYS(pwrite64),  SCMP_SYS(readlink),  SCMP_SYS(rename),
    SCMP_SYS(renameat),  SCMP_SYS(renameat2), SCMP_SYS(rmdir),     SCMP_SYS(sendfile),
    SCMP_SYS(unlink),    SCMP_SYS(unlinkat),  SCMP_SYS(utimensat),
});

// Calls that libcurl needs beside, to wake its threads and to ask who it is.
constexpr auto kFetching = std::to_array<int>({
    SCMP_SYS(eventfd2),
    SCMP_SYS(getegid),
    SCMP_SYS(getgid),
    SCMP_SYS(pipe2),
    SCMP_SYS(socketpair),
    SCMP_SYS(sysinfo),
});

// Calls that no bug of this program and no new version of a library makes: only code that has
// broken out does.
constexpr auto kOnlyAttacks = std::to_array<int>({
    SCMP_SYS(add_key),
    SCMP_SYS(bpf),
    SCMP_SYS(chroot),
    SCMP_SYS(delete_module),
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(finit_module),
    SCMP_SYS(fsopen),
    SCMP_SYS(init_module),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(kexec_load),
    SCMP_SYS(keyctl),
    SCMP_SYS(mount),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(open_tree),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(pivot_root),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(ptrace),
    SCMP_SYS(reboot),
    SCMP_SYS(request_key),
    SCMP_SYS(setns),
    SCMP_SYS(swapon),
    SCMP_SYS(umount2),
    SCMP_SYS(unshare),
    SCMP_SYS(userfaultfd),
});

// PAGEMAP_SCAN, _IOWR('f', 16, struct pm_scan_arg), which <linux/fs.h> of Debian 12 lacks.
constexpr std::uint64_t kPagemapScan = 0xc0606610;
// The ioctls that a worker makes on sockets, on the terminal that it may log to, and on its own
// memory.
constexpr auto kIoctls = std::to_array<std::uint64_t>({FIONBIO, FIONREAD, TCGETS, kPagemapScan});
constexpr auto kFcntls =
    std::to_array<std::uint64_t>({F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC});

struct Release {
  void operator()(void* filter) const { seccomp_release(filter); }
};

// A filter as its rules are added. The first failure is kept, and load() returns it.
class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {
    if (!context_) {
      take(-ENOMEM);
      return;
    }
    take(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1));
    // Keeps the kernel from slowing down the whole process against speculative store bypass.
    take(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_SSB, 1));
    take(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));
  }

  void allow(int call) { add(SCMP_ACT_ALLOW, call, {}); }
  void allow(int call, scmp_arg_cmp condition) { add(SCMP_ACT_ALLOW, call, {&condition, 1}); }
  void kill(int call) { add(SCMP_ACT_KILL_PROCESS, call, {}); }
  // Makes a call fail as on a kernel that is older than it, so that its callers take another way.
  void lack(int call) { add(SCMP_ACT_ERRNO(ENOSYS), call, {}); }

  [[nodiscard]] Result<std::size_t> load() {
    if (context_ && error_ == 0) take(seccomp_load(context_.get()));
    if (error_ != 0) return fail(fmt::format("seccomp: {}", std::strerror(-error_)));
    return allowed_.size();
  }

 private:
  void take(int result) {
    if (error_ == 0 && result < 0) error_ = result;
  }
  void add(std::uint32_t action, int call, std::span<const scmp_arg_cmp> conditions) {
    if (!context_ || error_ != 0) return;
    if (action == SCMP_ACT_ALLOW) allowed_.insert(call);
    take(seccomp_rule_add_array(context_.get(), action, call,
                                static_cast<unsigned>(conditions.size()), conditions.data()));
  }

  std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, Release> context_;
  int error_ = 0;
  std::set<int> allowed_;
};

scmp_arg_cmp argumentIs(unsigned index, std::uint64_t value) {
  return {index, SCMP_CMP_EQ, value, 0};
}

// The condition that the flags of open(2), its argument `index`, neither write nor make a file.
scmp_arg_cmp onlyReads(unsigned index) {
  return {index, SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC | O_TMPFILE, O_RDONLY};
}

scmp_arg_cmp notExecutable(unsigned index) { return {index, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}; }

// Allows threads, but no new process: clone(2) must ask for a thread of this one.
void allowThreads(Filter& filter) {
  filter.allow(SCMP_SYS(clone), {0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD});
  filter.lack(SCMP_SYS(clone3));  // Its flags are in memory, which a filter can't read.
}

}  // namespace

bool canFilterSystemCalls() {
  const std::uint32_t action = SECCOMP_RET_KILL_PROCESS;
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

Result<std::size_t> limitSystemCalls(SystemCallList calls) {
  Filter filter;
  for (const int call : kComputing) filter.allow(call);
  if (hasNetwork(calls)) {
    for (const int call : kConnecting) filter.allow(call);
    allowThreads(filter);
  }
  if (calls == SystemCallList::kConnector) {
    filter.allow(SCMP_SYS(open), onlyReads(1));
    filter.allow(SCMP_SYS(openat), onlyReads(2));
  }
  if (calls == SystemCallList::kFetcher) {
    for (const int call : kStoring) filter.allow(call);
    for (const int call : kFetching) filter.allow(call);
    filter.allow(SCMP_SYS(prlimit64), argumentIs(0, 0));  // Its own limits.
  }
  if (calls == SystemCallList::kCompiler) {
    for (const int call : kCompiling) filter.allow(call);
    allowThreads(filter);
    filter.allow(SCMP_SYS(prctl), argumentIs(0, PR_SET_NO_NEW_PRIVS));
    filter.allow(SCMP_SYS(prlimit64), argumentIs(0, 0));  // The process's own limits only.
    filter.allow(SCMP_SYS(mmap));
    filter.allow(SCMP_SYS(mprotect));
  } else {
    filter.allow(SCMP_SYS(mmap), notExecutable(2));
    filter.allow(SCMP_SYS(mprotect), notExecutable(2));
  }
  if (calls == SystemCallList::kWorker || calls == SystemCallList::kStoreServer) {
    for (const int call : kServing) filter.allow(call);
  }
  if (calls == SystemCallList::kStoreServer) {
    for (const int call : kStoring) filter.allow(call);
  }
  if (calls != SystemCallList::kNoFiles) {
    for (const std::uint64_t request : kFcntls)
      filter.allow(SCMP_SYS(fcntl), argumentIs(1, request));
  }
  for (const std::uint64_t request : kIoctls) filter.allow(SCMP_SYS(ioctl), argumentIs(1, request));
  // abort(3) signals the process itself.
  const auto self = static_cast<std::uint64_t>(::getpid());
  filter.allow(SCMP_SYS(tgkill), argumentIs(0, self));
  filter.allow(SCMP_SYS(kill), argumentIs(0, self));
  for (const int call : kOnlyAttacks) filter.kill(call);
  return filter.load();
}

}  // namespace wagi::lockdown
