#include "cli/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <tuple>

namespace wagi::cli {
namespace {

bool isReady(int fd, short event, int timeout_ms) {
  pollfd entry{fd, event, 0};
  // A closed or broken descriptor counts as ready; the next call on it gives the error.
  return ::poll(&entry, 1, timeout_ms) == 1;
}

}  // namespace

std::optional<std::size_t> DescriptorInput::read(std::span<std::byte> out) {
  for (;;) {
    if (!isReady(fd_, POLLIN, 0)) return std::nullopt;
    const ssize_t count = ::read(fd_, out.data(), out.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN) return std::nullopt;
    if (errno != EINTR) return 0;
  }
}

std::optional<std::size_t> DescriptorInput::available() {
  if (!isReady(fd_, POLLIN, 0)) return std::nullopt;
  int count = 0;
  // A device such as /dev/zero has no FIONREAD, and always has a byte.
  if (::ioctl(fd_, FIONREAD, &count) != 0) return errno == EBADF ? 0 : 1;
  return static_cast<std::size_t>(count);
}

bool DescriptorInput::terminal() const { return ::isatty(fd_) == 1; }
bool DescriptorOutput::terminal() const { return ::isatty(fd_) == 1; }

bool DescriptorOutput::writable() { return isReady(fd_, POLLOUT, 0); }

wasi::Output::Written DescriptorOutput::write(std::span<const std::byte> bytes) {
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t count = ::write(fd_, bytes.data() + written, bytes.size() - written);
    if (count >= 0) {
      written += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN) {
      std::ignore = isReady(fd_, POLLOUT, -1);
    } else if (errno != EINTR) {
      return {written, Status::kClosed};
    }
  }
  return {written, Status::kOk};
}

}  // namespace wagi::cli
