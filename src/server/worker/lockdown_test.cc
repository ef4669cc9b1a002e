// A worker that is serving, as its supervisor starts it, in which a guest has broken out: native
// code of the test's choice runs in it, put there by a signal handler. There is no such hook in
// what ships.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "base/child.h"
#include "base/file.h"
#include "base/sanitizer.h"
#include "base/unique_fd.h"
#include "guest/engine/code.h"
#include "guest/engine/engine.h"
#include "lockdown/probe.h"
#include "server/worker/worker.h"

namespace wagi::worker {
namespace {

namespace fs = std::filesystem;

// Memory that the test and the worker share.
struct Shared {
  long (*attempt)();
  volatile long result;
};
Shared* shared = nullptr;
UniqueFd* done = nullptr;  // Gets a byte after each attempt.

void breakOut(int) {
  shared->result = shared->attempt();
  std::ignore = ::write(done->get(), ".", 1);
}

fs::path volume;  // The volume of the route that is served; read by the attempts below.

long openIn(const fs::path& folder, const char* name, int flags) {
  const int fd = ::open((folder / name).c_str(), flags | O_CLOEXEC, 0600);
  return fd < 0 ? -errno : ::close(fd);
}
long writeInVolume() { return openIn(volume, "new", O_WRONLY | O_CREAT); }
long writeInReadOnlyVolume() {
  return openIn(volume.parent_path() / "fixed", "new", O_WRONLY | O_CREAT);
}
long readInReadOnlyVolume() { return openIn(volume.parent_path() / "fixed", "file", O_RDONLY); }
long writeBesideVolume() { return openIn(volume.parent_path(), "new", O_WRONLY | O_CREAT); }
long readLogs() { return openIn(volume.parent_path() / "logs", ".", O_RDONLY | O_DIRECTORY); }

class WorkerLockdownTest : public testing::Test {
 protected:
  void SetUp() override {
    if (lockdown::landlockAbi() < lockdown::kLandlockAbiMin || !lockdown::canFilterSystemCalls()) {
      GTEST_SKIP() << "this kernel lacks Landlock or seccomp";
    }
    if (kThreadSanitizer) {
      GTEST_SKIP()
          << "ThreadSanitizer runs no signal handler in a process that was forked from one "
             "with several threads";
    }
    if (writesCounts()) GTEST_SKIP() << "an instrumented build keeps its files";
    const fs::path folder = folder_.path();
    volume = folder / "volume";
    for (const char* name : {"volume", "fixed", "logs", "spool"})
      fs::create_directory(folder / name);
    std::ofstream(folder / "fixed" / "file") << "fixed";
    writeModule(folder / "code");
    Route route;
    route.pattern = "/...";
    route.module = "guest.wat";
    route.code = folder / "code";
    route.entrypoint = "_start";
    route.volumes = {{.guest = "/data", .host = volume, .place = {}},
                     {.guest = "/fixed", .host = folder / "fixed", .read_only = true, .place = {}}};
    // So that it has a connector beside it, and may still connect to nobody itself.
    route.allowed_hosts = {outbound::parseAllowedHost("insecure:allow-all").value()};
    plan_.routes = {route};
    plan_.sites[0].targets = {GuestTarget{0}};
    plan_.listeners.resize(1);
    plan_.modules_count = 1;
    plan_.log_dir = folder / "logs";
    plan_.spool_dir = folder / "spool";
    counters_ = SharedCounters::create(1, 1).value();
    void* const page =
        ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    shared = static_cast<Shared*>(page);
    listen();
  }
  void TearDown() override { endWorker(); }

  static void writeModule(const fs::path& path) {
    const auto engine = engine::Engine::create(engine::Engine::Allocation::kOnDemand, 1).value();
    const auto wasm = engine::textToBinary(R"((module
      (import "wasi_snapshot_preview1" "fd_write"
        (func $fd_write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\08\00\00\00\1f\00\00\00Content-Type: text/plain\n\nhello")
      (func (export "_start")
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64))))))");
    const auto code = engine::compile(engine, wasm.value());
    std::ofstream(path, std::ios::binary) << code.value();
  }

  void listen() {
    listening_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listening_.get(), 16), 0);
    socklen_t length = sizeof address_;
    ::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address_), &length);
  }

  // Forks a worker and waits until it is ready.
  void startWorker() {
    std::array<int, 2> control{}, pipe{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control.data()), 0);
    ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
    UniqueFd reading(pipe[0]), writing(pipe[1]);
    control_.reset(control[0]);
    UniqueFd theirs(control[1]);
    pid_ = ::fork();
    ASSERT_GE(pid_, 0);
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      control_.reset();
      done = &writing;
      ::signal(SIGUSR2, breakOut);
      exitChild(run(plan_, {.listening = {listening_.get()}, .control = theirs.get()}, *counters_));
    }
    done_ = std::move(reading);
    // Reading from a worker that has died ends only when nobody else holds its ends.
    theirs.reset();
    writing.reset();
    char byte = 0;
    ASSERT_EQ(::read(control_.get(), &byte, 1), 1) << "the worker didn't start";
    ASSERT_EQ(::write(control_.get(), "G", 1), 1);
  }
  void endWorker() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

  // Runs `attempt` inside the worker. Where that ends it, another one is started.
  lockdown::Outcome breakOutBy(const lockdown::Escape& escape) {
    shared->attempt = escape.attempt;
    ::kill(pid_, SIGUSR2);
    char byte = 0;
    if (::read(done_.get(), &byte, 1) == 1) return lockdown::outcomeOf(escape, shared->result);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    startWorker();
    return lockdown::outcomeOfEnd(escape, status);
  }

  std::string get() {
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // The test listens too, so that a connection is made even where no worker will accept it.
    const timeval silence_max{.tv_sec = 30, .tv_usec = 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &silence_max, sizeof silence_max);
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address_), sizeof address_), 0);
    constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    EXPECT_EQ(::write(socket.get(), kRequest.data(), kRequest.size()), ssize_t{kRequest.size()});
    std::string answer;
    std::array<char, 1024> piece{};
    while (true) {
      const ssize_t count = ::read(socket.get(), piece.data(), piece.size());
      if (count <= 0) return answer;
      answer.append(piece.data(), static_cast<std::size_t>(count));
    }
  }

  const TemporaryDirectory folder_ = TemporaryDirectory::create("wagi-escape-test-").value();
  Plan plan_;
  std::unique_ptr<SharedCounters> counters_;
  UniqueFd listening_, control_, done_;
  sockaddr_in address_{};
  pid_t pid_ = -1;
};

TEST_F(WorkerLockdownTest, NothingThatAnEscapedGuestTriesWorks) {
  startWorker();
  ASSERT_THAT(get(), testing::HasSubstr("hello"));
  for (const lockdown::Escape& escape : lockdown::escapes()) {
    const lockdown::Outcome outcome = breakOutBy(escape);
    EXPECT_TRUE(outcome.refused) << outcome.what << ": " << outcome.how;
  }
  EXPECT_THAT(get(), testing::HasSubstr("hello")) << "the worker goes on";
}

TEST_F(WorkerLockdownTest, ItsVolumesAndNothingElseAreLeft) {
  startWorker();
  const auto how = [&](long (*attempt)()) { return breakOutBy({"", attempt}).how; };
  EXPECT_EQ(how(writeInVolume), "it went through");
  EXPECT_EQ(how(readInReadOnlyVolume), "it went through");
  EXPECT_EQ(how(writeInReadOnlyVolume), "EACCES");
  EXPECT_EQ(how(writeBesideVolume), "EACCES");
  EXPECT_EQ(how(readLogs), "EACCES");
  EXPECT_TRUE(fs::exists(volume / "new"));
}

TEST_F(WorkerLockdownTest, ARootWorkerBecomesTheUserOfThePlan) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root becomes another user";
  plan_.user = lockdown::findUser("nobody").value();
  startWorker();
  EXPECT_THAT(get(), testing::HasSubstr("hello"));
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  const std::string text{std::istreambuf_iterator<char>(status), {}};
  const std::string uid = std::to_string(plan_.user->uid);
  EXPECT_NE(text.find("Uid:\t" + uid + "\t" + uid + "\t" + uid + "\t" + uid), std::string::npos)
      << text;
  EXPECT_NE(text.find("NoNewPrivs:\t1"), std::string::npos) << text;
  EXPECT_NE(text.find("Seccomp:\t2"), std::string::npos) << text;
  EXPECT_NE(text.find("CapPrm:\t0000000000000000"), std::string::npos) << text;
  EXPECT_EQ(breakOutBy({"", writeInVolume}).how, "EACCES")
      << "root's folder, to be changed by root";
}

}  // namespace
}  // namespace wagi::worker
