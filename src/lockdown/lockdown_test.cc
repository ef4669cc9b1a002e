// Tests of lockDown(). Each locks down a process of its own, since there is no way back.
#include "lockdown/lockdown.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <latch>
#include <thread>

#include "base/file.h"
#include "base/sanitizer.h"
#include "base/unique_fd.h"

namespace wagi::lockdown {
namespace {

namespace fs = std::filesystem;
using Access = Folder::Access;

class LockdownTest : public testing::Test {
 protected:
  void SetUp() override {
    if (landlockAbi() < kLandlockAbiMin) GTEST_SKIP() << "this kernel lacks Landlock";
    for (const char* name : {"read", "write", "change", "outside"}) {
      fs::create_directory(path(name));
      std::ofstream(path(name) / "file") << name;
      fs::create_directory(path(name) / "folder");
    }
    // The tests may run as any user, so that permissions of files must not matter.
    fs::permissions(folder_.path(), fs::perms::all);
  }
  fs::path path(const std::string& name) const { return fs::path(folder_.path()) / name; }
  KeptAccess kept() {
    const auto add = [&](const char* name, Access access) {
      fds_.emplace_back(::open(path(name).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
      return Folder{fds_.back().get(), access};
    };
    return {.user = {},
            .folders = {add("read", Access::kRead), add("write", Access::kWrite),
                        add("change", Access::kChange)}};
  }

  // Whether `check` holds in a process that is locked down.
  static testing::AssertionResult inside(const KeptAccess& kept,
                                         const std::function<bool()>& check) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(!lockDown(kept) ? 2 : check() ? 0 : 1);
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (status == 0) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "status " << status;
  }
  // 0 where the file can be opened, else the errno.
  int opened(const std::string& name, int flags) const {
    const UniqueFd fd(::open(path(name).c_str(), flags | O_CLOEXEC, 0600));
    return fd ? 0 : errno;
  }

  TemporaryDirectory folder_ = TemporaryDirectory::create("wagi-lockdown-test-").value();
  std::vector<UniqueFd> fds_;
};

TEST_F(LockdownTest, AFolderToReadIsReadAndNothingElse) {
  EXPECT_TRUE(inside(kept(), [&] {
    return opened("read/file", O_RDONLY) == 0 && opened("read", O_RDONLY | O_DIRECTORY) == 0 &&
           opened("read/file", O_RDWR) == EACCES &&
           opened("read/new", O_CREAT | O_WRONLY) == EACCES &&
           ::unlink((path("read/file")).c_str()) != 0 &&
           ::mkdir(path("read/x").c_str(), 0700) != 0 &&
           ::truncate(path("read/file").c_str(), 0) != 0;
  }));
  EXPECT_TRUE(fs::exists(path("read/file")));
}

TEST_F(LockdownTest, AFolderToWriteIsNeverRead) {
  EXPECT_TRUE(inside(kept(), [&] {
    return opened("write/file", O_WRONLY | O_APPEND) == 0 &&
           opened("write/new", O_CREAT | O_WRONLY) == 0 &&
           ::mkdir(path("write/x").c_str(), 0700) == 0 &&
           opened("write/file", O_RDONLY) == EACCES &&
           opened("write", O_RDONLY | O_DIRECTORY) == EACCES &&
           ::unlink(path("write/file").c_str()) != 0;
  }));
}

TEST_F(LockdownTest, AFolderToChangeIsChangedInEveryWayThatAGuestMay) {
  EXPECT_TRUE(inside(kept(), [&] {
    const auto at = [&](const char* name) { return path("change") / name; };
    return opened("change/file", O_RDWR | O_TRUNC) == 0 &&
           opened("change/new", O_CREAT | O_WRONLY) == 0 &&
           ::mkdirat(AT_FDCWD, at("made").c_str(), 0700) == 0 &&
           ::symlinkat("new", AT_FDCWD, at("link").c_str()) == 0 &&
           ::linkat(AT_FDCWD, at("new").c_str(), AT_FDCWD, at("folder/linked").c_str(), 0) == 0 &&
           ::renameat(AT_FDCWD, at("new").c_str(), AT_FDCWD, at("made/moved").c_str()) == 0 &&
           ::unlinkat(AT_FDCWD, at("folder/linked").c_str(), 0) == 0 &&
           ::unlinkat(AT_FDCWD, at("folder").c_str(), AT_REMOVEDIR) == 0;
  }));
  EXPECT_TRUE(fs::exists(path("change/made/moved")));
}

TEST_F(LockdownTest, NothingOutsideIsOpenedByAnyWay) {
  const UniqueFd outside(::open(path("outside").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  fs::create_symlink(path("outside/file"), path("change/to_outside"));
  EXPECT_TRUE(inside(kept(), [&] {
    const UniqueFd through(::openat(outside.get(), "file", O_RDONLY | O_CLOEXEC));
    return opened("outside/file", O_RDONLY) == EACCES && !through &&
           opened("change/to_outside", O_RDONLY) == EACCES &&
           ::linkat(AT_FDCWD, path("outside/file").c_str(), AT_FDCWD, path("change/x").c_str(),
                    0) != 0 &&
           ::renameat(AT_FDCWD, path("outside/file").c_str(), AT_FDCWD, path("change/x").c_str()) !=
               0 &&
           ::renameat(AT_FDCWD, path("change/file").c_str(), AT_FDCWD, path("outside/x").c_str()) !=
               0 &&
           // A move from a folder that can only be read into one that can be changed.
           ::renameat(AT_FDCWD, path("read/file").c_str(), AT_FDCWD, path("change/x").c_str()) !=
               0 &&
           ::linkat(AT_FDCWD, path("read/file").c_str(), AT_FDCWD, path("change/x").c_str(), 0) !=
               0;
  }));
}

TEST_F(LockdownTest, WhatWasOpenStaysUsable) {
  const UniqueFd before(::open(path("outside/file").c_str(), O_RDWR | O_CLOEXEC));
  EXPECT_TRUE(inside(kept(), [&] {
    char byte = 0;
    return ::read(before.get(), &byte, 1) == 1 && byte == 'o' && ::write(before.get(), "x", 1) == 1;
  }));
}

TEST_F(LockdownTest, AbortStillWorks) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    std::ignore = lockDown({});
    std::abort();
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) << status;
}

TEST_F(LockdownTest, SaysWhatIsInForce) {
  EXPECT_TRUE(inside(kept(), [] { return true; }));
  const pid_t pid = ::fork();
  if (pid == 0) {
    const auto report = lockDown({});
    const bool complete = report && report->landlock_abi == report->landlock_offered &&
                          report->system_calls > 20 && !report->user.empty() &&
                          text(*report).find("Landlock") != std::string::npos;
    ::_exit(complete ? 0 : 1);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(text({.user = "x"}),
            "user x, no Landlock (this kernel lacks it), no limit on system calls (this kernel "
            "lacks seccomp)");
  EXPECT_EQ(text({.user = "x", .landlock_offered = 1, .system_calls = 3}),
            "user x, no Landlock (this kernel's version 1 is too old), 3 system calls");
}

TEST_F(LockdownTest, AConnectorConnectsAndReadsAndMakesThreads) {
  if (!canFilterSystemCalls()) GTEST_SKIP() << "this kernel lacks seccomp";
  EXPECT_TRUE(inside({.user = {}, .folders = {}, .calls = SystemCallList::kConnector}, [&] {
    bool looked_up = false;
    std::thread([&] {
      addrinfo* found = nullptr;
      looked_up = ::getaddrinfo("127.0.0.1", nullptr, nullptr, &found) == 0;
      ::freeaddrinfo(found);
    }).join();
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return looked_up && socket && opened("read/file", O_RDONLY) == 0;
  }));
}

TEST_F(LockdownTest, AConnectorWritesNothingAndStartsNothing) {
  if (!canFilterSystemCalls()) GTEST_SKIP() << "this kernel lacks seccomp";
  EXPECT_TRUE(inside({.user = {}, .folders = {}, .calls = SystemCallList::kConnector}, [&] {
    return opened("change/file", O_RDWR) == EPERM && opened("change/file", O_WRONLY) == EPERM &&
           opened("change/new", O_CREAT | O_RDONLY) == EPERM &&
           opened("change", O_TMPFILE | O_RDWR) == EPERM &&
           ::unlink(path("change/file").c_str()) != 0 && ::fork() == -1 &&
           ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
               MAP_FAILED &&
           ::listen(-1, 1) == -1 && errno == EPERM;
  }));
  EXPECT_TRUE(fs::exists(path("change/file")));
  EXPECT_FALSE(inside({.user = {}, .folders = {}, .calls = SystemCallList::kConnector},
                      [] { return ::execl("/bin/true", "true", nullptr) == 0; }));
}

TEST_F(LockdownTest, AFetcherHasItsStoreAndTheNetworkAndFilesToRead) {
  if (!canFilterSystemCalls()) GTEST_SKIP() << "this kernel lacks seccomp";
  const UniqueFd store(::open(path("change").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const UniqueFd file(::open(path("read/file").c_str(), O_PATH | O_CLOEXEC));
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listener.get(), any, length), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  ASSERT_EQ(::getsockname(listener.get(), any, &length), 0);
  const KeptAccess fetcher{.user = {},
                           .folders = {{store.get(), Access::kChange}, {file.get(), Access::kRead}},
                           .calls = SystemCallList::kFetcher};
  EXPECT_TRUE(inside(fetcher, [&] {
    bool connected = false;
    std::thread([&] {
      const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      connected = ::connect(socket.get(), any, length) == 0;
    }).join();
    return connected && opened("change/new", O_CREAT | O_RDWR) == 0 &&
           ::rename(path("change/new").c_str(), path("change/folder/moved").c_str()) == 0 &&
           ::link(path("change/folder/moved").c_str(), path("change/linked").c_str()) == 0 &&
           ::chmod(path("change/linked").c_str(), 0444) == 0 && opened("read/file", O_RDONLY) == 0;
  }));
  EXPECT_TRUE(inside(fetcher, [&] {
    return opened("read/file", O_RDWR) == EACCES && opened("outside/file", O_RDONLY) == EACCES &&
           opened("read", O_RDONLY | O_DIRECTORY) == EACCES &&
           opened("/etc/passwd", O_RDONLY) == EACCES && ::fork() == -1 && ::listen(-1, 1) == -1 &&
           errno == EPERM && ::kill(::getppid(), 0) == -1 &&
           ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
               MAP_FAILED;
  }));
  EXPECT_FALSE(
      inside(fetcher, [] { return ::execl("/bin/sh", "sh", "-c", "true", nullptr) == 0; }));
}

TEST_F(LockdownTest, AStoreServerChangesItsStoreAndConnectsNowhere) {
  if (landlockAbi() < kLandlockAbiMin || !canFilterSystemCalls()) {
    GTEST_SKIP() << "this kernel lacks Landlock or seccomp";
  }
  const UniqueFd store(::open(path("change").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const KeptAccess server{.user = {},
                          .folders = {{store.get(), Access::kChange}},
                          .calls = SystemCallList::kStoreServer};
  EXPECT_TRUE(inside(server, [&] {
    return opened("change/new", O_CREAT | O_RDWR) == 0 &&
           ::rename(path("change/new").c_str(), path("change/folder/moved").c_str()) == 0 &&
           ::chmod(path("change/folder/moved").c_str(), 0444) == 0 &&
           ::unlink(path("change/folder/moved").c_str()) == 0 && ::geteuid() != uid_t(-1);
  }));
  EXPECT_TRUE(inside(server, [&] {
    return opened("read/file", O_RDONLY) == EACCES && opened("/etc/passwd", O_RDONLY) == EACCES &&
           ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) == -1 && ::fork() == -1 &&
           ::kill(::getppid(), 0) == -1 &&
           ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
               MAP_FAILED;
  }));
}

TEST_F(LockdownTest, ACompilerHasItsCacheAndThreadsAndCodeAndNothingElse) {
  if (!canFilterSystemCalls()) GTEST_SKIP() << "this kernel lacks seccomp";
  const UniqueFd cache(::open(path("change").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const KeptAccess compiler{
      .user = {}, .folders = {{cache.get(), Access::kChange}}, .calls = SystemCallList::kCompiler};
  const auto executable = [] {
    return ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
           MAP_FAILED;
  };
  EXPECT_TRUE(inside(compiler, [&] {
    bool in_thread = false;
    std::thread([&] {
      // Landlock restricts the threads that a restricted thread makes as it does that one.
      in_thread =
          opened("change/new", O_CREAT | O_WRONLY) == 0 && opened("read/file", O_RDONLY) == EACCES;
    }).join();
    return in_thread && executable() && opened("change/file", O_RDWR) == 0 &&
           ::rename(path("change/new").c_str(), path("change/renamed").c_str()) == 0 &&
           opened("outside/file", O_RDONLY) == EACCES &&
           opened("/etc/passwd", O_RDONLY) == EACCES &&
           ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) == -1 && ::fork() == -1 &&
           ::kill(::getppid(), 0) == -1;
  })) << "it compiles";
  EXPECT_TRUE(inside(compiler, [&] {
    // A thread needs more calls to begin than to go on.
    std::latch begun(1);
    std::jthread idle([&begun](const std::stop_token& stop) {
      begun.count_down();
      while (!stop.stop_requested()) ::sched_yield();
    });
    begun.wait();
    return limitSystemCalls(SystemCallList::kNoFiles).has_value() && !executable() &&
           opened("change/file", O_RDONLY) == EPERM;
  })) << "and gives up more, in all of its threads, before it runs what it compiled";
  EXPECT_FALSE(inside(compiler, [] { return ::execl("/bin/true", "true", nullptr) == 0; }));
}

#if WAGI_ADDRESS_SANITIZER
// A report of AddressSanitizer must get out of a locked-down process, or its findings in workers
// would be lost.
TEST_F(LockdownTest, AddressSanitizerReportsFromALockedDownProcess) {
  for (const SystemCallList calls :
       {SystemCallList::kWorker, SystemCallList::kNoFiles, SystemCallList::kConnector,
        SystemCallList::kFetcher, SystemCallList::kStoreServer}) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const UniqueFd reading(ends[0]);
    UniqueFd writing(ends[1]);
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      ::dup2(writing.get(), STDERR_FILENO);
      const bool locked_down = lockDown({.user = {}, .folders = {}, .calls = calls}).has_value();
      const std::vector<char> bytes(1);
      const volatile char* const past = bytes.data() + 1;
      ::_exit(locked_down ? *past : 0);
    }
    writing.reset();
    std::string report;
    std::array<char, 4096> piece{};
    for (ssize_t count = 0; (count = ::read(reading.get(), piece.data(), piece.size())) > 0;) {
      report.append(piece.data(), static_cast<std::size_t>(count));
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_NE(status, 0);
    EXPECT_NE(report.find("heap-buffer-overflow"), std::string::npos) << report;
    EXPECT_NE(report.find("lockdown_test"), std::string::npos) << "where it was: " << report;
  }
}
#endif

// Landlock would leave the second thread unrestricted.
TEST_F(LockdownTest, AProcessWithASecondThreadIsRefused) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    std::jthread other([](const std::stop_token& stop) {
      while (!stop.stop_requested()) ::sched_yield();
    });
    ::_exit(lockDown({}) ? 1 : 0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace wagi::lockdown
