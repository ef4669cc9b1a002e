#include "net/outbound/connector.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string_view>

#include "base/child.h"
#include "lockdown/lockdown.h"

namespace wagi::outbound {
namespace {

// The stack of a thread that looks up a name and connects; getaddrinfo(3) has its packets on it.
constexpr std::size_t kStackBytes = 512 << 10;

struct Task {
  std::uint32_t id = 0;
  std::size_t route = 0;
  const AllowedHost* entry = nullptr;
  Origin origin;
};

// The questions that aren't answered yet. Each route has a queue of its own and may have only some
// of the threads, so that one whose hosts don't answer leaves room for others.
class Tasks {
 public:
  explicit Tasks(std::size_t routes) : lines_(routes) {}

  void add(Task task) {
    const std::lock_guard lock(mutex_);
    lines_[task.route].waiting.push_back(std::move(task));
  }
  // Takes a task to work on, if one may be begun. Its thread calls done() after it.
  std::optional<Task> next() {
    const std::lock_guard lock(mutex_);
    if (running_ >= kConnectsMax) return std::nullopt;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      Line& line = lines_[turn_ = (turn_ + 1) % lines_.size()];
      if (line.waiting.empty() || line.running >= kConnectsOfRouteMax) continue;
      Task task = std::move(line.waiting.front());
      line.waiting.pop_front();
      ++line.running;
      ++running_;
      return task;
    }
    return std::nullopt;
  }
  void done(std::size_t route) {
    const std::lock_guard lock(mutex_);
    --lines_[route].running;
    --running_;
  }

 private:
  struct Line {
    std::deque<Task> waiting;
    std::size_t running = 0;
  };
  std::mutex mutex_;
  std::vector<Line> lines_;
  std::size_t running_ = 0;
  std::size_t turn_ = 0;
};

void reply(int socket, std::uint32_t id, const std::expected<UniqueFd, Refusal>& result) {
  ConnectReply message{.id = id};
  if (result) {
    message.outcome = ConnectReply::Outcome::kConnected;
  } else {
    message.outcome = result.error().kind == Refusal::Kind::kNotAllowed
                          ? ConnectReply::Outcome::kNotAllowed
                          : ConnectReply::Outcome::kFailed;
    const std::string_view text = result.error().message;
    std::ranges::copy(text.substr(0, message.message.size() - 1), message.message.begin());
  }
  iovec bytes{&message, sizeof message};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  if (result) {
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr* const rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    const int fd = result->get();
    std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
  }
  // Sending fails only where the worker has gone.
  std::ignore = ::sendmsg(socket, &header, MSG_NOSIGNAL);
}

// The state that all threads share; the last one may outlive serveConnector().
struct Shared {
  UniqueFd socket;
  ConnectorSettings settings;
  Lookup look_up;
  const Clock& clock;
  Tasks tasks;

  void refuse(std::uint32_t id, Refusal::Kind kind, std::string text) const {
    reply(socket.get(), id, std::unexpected(Refusal{kind, std::move(text)}));
  }
};

// The work of a thread: its first task, and then others while there are any.
struct Start {
  std::shared_ptr<Shared> shared;
  Task task;

  static void* run(void* self) {
    const std::unique_ptr<Start> start(static_cast<Start*>(self));
    Shared& shared = *start->shared;
    for (std::optional<Task> task = std::move(start->task); task; task = shared.tasks.next()) {
      reply(shared.socket.get(), task->id,
            dial(*task->entry, task->origin, shared.look_up, shared.settings.connect_max,
                 shared.clock));
      shared.tasks.done(task->route);
    }
    return nullptr;
  }
};

bool startThread(std::unique_ptr<Start> start) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_t thread{};
  const int error = pthread_create(&thread, &attributes, Start::run, start.get());
  pthread_attr_destroy(&attributes);
  if (error != 0) return false;
  std::ignore = start.release();  // Owned by the thread now.
  return true;
}

void startOne(const std::shared_ptr<Shared>& shared) {
  std::optional<Task> task = shared->tasks.next();
  if (!task) return;  // A thread that is at work will take it.
  const std::uint32_t id = task->id;
  const std::size_t route = task->route;
  if (startThread(std::unique_ptr<Start>(new Start{shared, *std::move(task)}))) return;
  shared->tasks.done(route);
  shared->refuse(id, Refusal::Kind::kFailed, "no thread could be started");
}

// Loads glibc's modules for names, before no memory can become executable any more. Glibc itself
// would load them at the first use.
void loadNameModules() {
  std::ifstream file("/etc/nsswitch.conf");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string word;
    if (!(words >> word) || word != "hosts:") continue;
    while (words >> word) {
      const bool is_name =
          word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
      if (is_name) ::dlopen(fmt::format("libnss_{}.so.2", word).c_str(), RTLD_NOW);
    }
  }
  std::ignore = lookUp("localhost");
}

[[noreturn]] void runConnector(UniqueFd socket, const ConnectorSettings& settings, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) exitChild(1);  // The worker died before prctl().
  ::prctl(PR_SET_NAME, fmt::format("wagi-connect{}", settings.worker_index).c_str());
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) ::signal(number, SIG_IGN);
  ::signal(SIGCHLD, SIG_DFL);
  closeAllBut({socket.get()});
  if (settings.locked_down) {
    loadNameModules();
    const auto locked =
        lockdown::lockDown({settings.user, {}, lockdown::SystemCallList::kConnector});
    if (!locked) {
      spdlog::error("the connector can't be locked down: {}", locked.error().message);
      exitChild(1);
    }
  }
  serveConnector(std::move(socket), settings, lookUp, kSystemClock);
  exitChild(0);
}

}  // namespace

void serveConnector(UniqueFd socket, const ConnectorSettings& settings, const Lookup& look_up,
                    const Clock& clock) {
  const std::size_t routes_count = settings.routes.size();
  const std::shared_ptr<Shared> shared(
      new Shared{std::move(socket), settings, look_up, clock, Tasks(routes_count)});
  for (;;) {
    ConnectRequest asked;
    const ssize_t count = ::recv(shared->socket.get(), &asked, sizeof asked, MSG_TRUNC);
    if (count < 0 && errno == EINTR) continue;
    if (count != sizeof asked) return;  // The worker has gone, or isn't itself any more.
    asked.host.back() = '\0';
    if (asked.route >= routes_count || asked.scheme > Scheme::kHttps) return;
    auto host = parseHost(asked.host.data());
    if (!host) {
      shared->refuse(asked.id, Refusal::Kind::kFailed, std::move(host.error().message));
      continue;
    }
    Origin origin{asked.scheme, *std::move(host), asked.port};
    const AllowedHost* const entry = findAllowed(shared->settings.routes[asked.route], origin);
    if (entry == nullptr) {
      shared->refuse(
          asked.id, Refusal::Kind::kNotAllowed,
          fmt::format("{}://{} isn't in allowed_hosts", textOf(origin.scheme), origin.authority()));
      continue;
    }
    shared->tasks.add({asked.id, asked.route, entry, std::move(origin)});
    startOne(shared);
  }
}

Result<UniqueFd> startConnector(const ConnectorSettings& settings) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail(fmt::format("can't make a socket pair: {}", std::strerror(errno)));
  }
  UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  ::signal(SIGCHLD, SIG_IGN);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail(fmt::format("can't start the connector: {}", std::strerror(errno)));
  if (pid == 0) runConnector(std::move(theirs), settings, parent);
  return ours;
}

}  // namespace wagi::outbound
