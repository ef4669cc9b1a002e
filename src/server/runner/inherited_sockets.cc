#include "server/runner/inherited_sockets.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "base/printable.h"

namespace wagi::runner {
namespace {

constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
constexpr int kSocketsMax = 1'000;
constexpr const char* kUnnamed = "unknown";

int numberOf(const char* text) {
  if (text == nullptr) return -1;
  int number = -1;
  const char* const end = text + std::strlen(text);
  const auto read = std::from_chars(text, end, number);
  return read.ec == std::errc() && read.ptr == end ? number : -1;
}

Result<void> checkListens(int fd) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0) {
    return fail(fmt::format("the descriptor {} is no socket ({})", fd, std::strerror(errno)));
  }
  if (listens == 0) return fail("the socket doesn't listen: write ListenStream= in its unit");
  return {};
}

}  // namespace

std::vector<std::string> inheritedNames(const char* listen_pid, const char* listen_fds,
                                        const char* listen_names, int pid) {
  if (numberOf(listen_pid) != pid) return {};
  const int count = std::clamp(numberOf(listen_fds), 0, kSocketsMax);
  std::vector<std::string> names(static_cast<std::size_t>(count), kUnnamed);
  std::string_view rest = listen_names != nullptr ? listen_names : "";
  for (std::string& name : names) {
    const std::string_view given = rest.substr(0, rest.find(':'));
    if (!given.empty()) name = given;
    rest.remove_prefix(std::min(given.size() + 1, rest.size()));
  }
  return names;
}

Result<UniqueFd> inheritedSocket(std::string_view name) {
  const auto names = inheritedNames(std::getenv("LISTEN_PID"), std::getenv("LISTEN_FDS"),
                                    std::getenv("LISTEN_FDNAMES"), ::getpid());
  if (names.empty()) {
    return fail("no socket was handed over: start the server from a systemd socket unit");
  }
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) {
    return fail(fmt::format("no socket of that FileDescriptorName was handed over; there is {}",
                            printable(fmt::to_string(fmt::join(names, ", ")))));
  }
  const int fd = kFirst + static_cast<int>(found - names.begin());
  if (auto listens = checkListens(fd); !listens) return std::unexpected(std::move(listens.error()));
  // Programs that this process starts, such as credential helpers, must not have it.
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  UniqueFd own(::fcntl(fd, F_DUPFD_CLOEXEC, kFirst));
  if (!own) return fail(std::strerror(errno));
  ::fcntl(own.get(), F_SETFL, ::fcntl(own.get(), F_GETFL) | O_NONBLOCK);
  return own;
}

}  // namespace wagi::runner
