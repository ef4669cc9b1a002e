#include "outbound/connector.h"

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
#include <fstream>
#include <memory>
#include <mutex>
#include <sstream>
#include <string_view>

#include "base/child.h"
#include "lockdown/lockdown.h"

namespace wagi::outbound {
namespace {

// Of a thread that looks up one name and connects: getaddrinfo(3) keeps its packets on the stack.
constexpr std::size_t kStackBytes = 512 << 10;

// Those at work, of each route and in all: a route whose hosts don't answer leaves room for others.
class Places {
 public:
  explicit Places(std::size_t routes) : of_route_(routes) {}

  bool take(std::size_t route) {
    const std::lock_guard lock(mutex_);
    if (all_ >= kConnectsMax || of_route_[route] >= kConnectsOfRouteMax) return false;
    ++all_;
    ++of_route_[route];
    return true;
  }
  void giveBack(std::size_t route) {
    const std::lock_guard lock(mutex_);
    --of_route_[route];
    --all_;
  }

 private:
  std::mutex mutex_;
  std::size_t all_ = 0;
  std::vector<std::size_t> of_route_;
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
  // One that fails has nobody to read it.
  std::ignore = ::sendmsg(socket, &header, MSG_NOSIGNAL);
}

// Of all threads; the last one may outlive the loop that started it.
struct Shared {
  UniqueFd socket;
  ConnectorSettings settings;
  Lookup look_up;
  Places places;
};

struct Task {
  std::shared_ptr<Shared> shared;
  std::uint32_t id;
  std::size_t route;
  const AllowedHost& entry;  // In the shared settings.
  Origin origin;

  static void* run(void* self) {
    const std::unique_ptr<Task> task(static_cast<Task*>(self));
    Shared& shared = *task->shared;
    reply(shared.socket.get(), task->id,
          dial(task->entry, task->origin, shared.look_up, shared.settings.connect_max));
    shared.places.giveBack(task->route);
    return nullptr;
  }
};

bool startThread(std::unique_ptr<Task> task) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_t thread{};
  const int error = pthread_create(&thread, &attributes, Task::run, task.get());
  pthread_attr_destroy(&attributes);
  if (error != 0) return false;
  std::ignore = task.release();  // The thread's now.
  return true;
}

// Glibc loads its modules for names on first use, when nothing can be mapped to run any more.
void loadNameModules() {
  std::ifstream file("/etc/nsswitch.conf");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string word;
    if (!(words >> word) || word != "hosts:") continue;
    while (words >> word) {
      const bool is_name = word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") ==
                           std::string::npos;
      if (is_name) ::dlopen(fmt::format("libnss_{}.so.2", word).c_str(), RTLD_NOW);
    }
  }
  std::ignore = lookUp("localhost");
}

[[noreturn]] void runConnector(UniqueFd socket, const ConnectorSettings& settings, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) exitChild(1);  // It died before that call.
  ::prctl(PR_SET_NAME, fmt::format("wagi-connect{}", settings.worker_index).c_str());
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) ::signal(number, SIG_IGN);
  ::signal(SIGCHLD, SIG_DFL);
  closeAllBut({socket.get()});
  if (settings.locked_down) {
    loadNameModules();
    const auto locked =
        lockdown::lockDown({settings.user, {}, lockdown::Calls::kConnector});
    if (!locked) {
      spdlog::error("the connector can't be locked down: {}", locked.error().message);
      exitChild(1);
    }
  }
  serveConnector(std::move(socket), settings, lookUp);
  exitChild(0);
}

}  // namespace

void serveConnector(UniqueFd socket, const ConnectorSettings& settings, const Lookup& look_up) {
  const std::size_t routes_count = settings.routes.size();
  const std::shared_ptr<Shared> shared(
      new Shared{std::move(socket), settings, look_up, Places(routes_count)});
  const auto refuse = [&](std::uint32_t id, Refusal::Kind kind, std::string text) {
    reply(shared->socket.get(), id, std::unexpected(Refusal{kind, std::move(text)}));
  };
  for (;;) {
    ConnectRequest asked;
    const ssize_t count = ::recv(shared->socket.get(), &asked, sizeof asked, MSG_TRUNC);
    if (count < 0 && errno == EINTR) continue;
    if (count != sizeof asked) return;  // The worker is gone, or isn't itself.
    asked.host.back() = '\0';
    if (asked.route >= routes_count || asked.scheme > Scheme::kHttps) return;
    auto host = parseHost(asked.host.data());
    if (!host) {
      refuse(asked.id, Refusal::Kind::kFailed, std::move(host.error().message));
      continue;
    }
    const Origin origin{asked.scheme, *std::move(host), asked.port};
    const AllowedHost* const entry = findAllowed(shared->settings.routes[asked.route], origin);
    if (entry == nullptr) {
      refuse(asked.id, Refusal::Kind::kNotAllowed,
             fmt::format("{}://{} isn't in allowed_hosts", textOf(origin.scheme),
                         origin.authority()));
      continue;
    }
    if (!shared->places.take(asked.route)) {
      refuse(asked.id, Refusal::Kind::kFailed, "too many connections are being made");
      continue;
    }
    std::unique_ptr<Task> task(new Task{shared, asked.id, asked.route, *entry, origin});
    if (!startThread(std::move(task))) {
      shared->places.giveBack(asked.route);
      refuse(asked.id, Refusal::Kind::kFailed, "no thread could be started");
    }
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
