#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace wagi {
namespace {

constexpr std::size_t kPieceBytes = 256 << 10;

}  // namespace

UniqueFd openFolder(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

Result<std::string> readFile(const std::string& path, std::uint64_t bytes_max) {
  // O_NONBLOCK: opening a FIFO must not wait for somebody to write to it.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return fail(fmt::format("can't read {}: {}", path, std::strerror(errno)));
  return readAll(fd.get(), path, bytes_max);
}

Result<std::string> readAll(int fd, const std::string& path, std::uint64_t bytes_max) {
  const auto failed = [&](std::string_view why) {
    return fail(fmt::format("can't read {}: {}", path, why));
  };
  struct stat status{};
  if (::fstat(fd, &status) != 0) return failed(std::strerror(errno));
  if (S_ISDIR(status.st_mode)) return failed("it is a directory");
  if (!S_ISREG(status.st_mode)) return failed("it isn't a regular file");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > bytes_max) {
    return failed(fmt::format("{} bytes are over the limit of {}", size, bytes_max));
  }
  // One byte more than the size, so that the end is seen without growing.
  std::string bytes(size + 1, '\0');
  std::size_t filled = 0;
  while (filled <= bytes_max) {
    if (filled == bytes.size()) bytes.resize(2 * bytes.size());
    const ssize_t count = ::read(fd, bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed(std::strerror(errno));
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  if (filled > bytes_max) return failed(fmt::format("over the limit of {} bytes", bytes_max));
  bytes.resize(filled);
  return bytes;
}

Result<void> readPieces(int fd, const std::string& path,
                        const std::function<Result<void>(std::string_view bytes)>& take) {
  std::string buffer(kPieceBytes, '\0');
  for (;;) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(fmt::format("can't read {}: {}", path, std::strerror(errno)));
    if (count == 0) return {};
    auto taken = take({buffer.data(), static_cast<std::size_t>(count)});
    if (!taken) return taken;
  }
}

bool writeAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

Result<void> writeNewFile(const std::string& path, std::string_view bytes, mode_t mode) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (fd && writeAll(fd.get(), bytes)) return {};
  return fail(fmt::format("can't write {}: {}", path, std::strerror(errno)));
}

Result<std::string> makeTemporaryDirectory(const std::string& prefix) {
  const char* parent = std::getenv("TMPDIR");
  std::string path =
      fmt::format("{}/{}XXXXXX", parent != nullptr && *parent != '\0' ? parent : "/tmp", prefix);
  if (::mkdtemp(path.data()) == nullptr) {
    return fail(fmt::format("can't make a temporary directory {}: {}", path, std::strerror(errno)));
  }
  return path;
}

Result<TemporaryDirectory> TemporaryDirectory::create(const std::string& prefix) {
  auto path = makeTemporaryDirectory(prefix);
  if (!path) return std::unexpected(std::move(path.error()));
  return TemporaryDirectory(*std::move(path), ::getpid());
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})), pid_(other.pid_) {}

TemporaryDirectory& TemporaryDirectory::operator=(TemporaryDirectory&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::exchange(other.path_, {});
    pid_ = other.pid_;
  }
  return *this;
}

TemporaryDirectory::~TemporaryDirectory() { remove(); }

void TemporaryDirectory::remove() {
  // A forked child has the same object, and must leave its parent's directory alone.
  if (path_.empty() || ::getpid() != pid_) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace wagi
