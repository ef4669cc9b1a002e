#include "server/worker/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace wagi::worker {
namespace {

// A file without a name. It has one for a moment, by its process, where O_TMPFILE isn't known.
Result<UniqueFd> temporaryFile(int directory) {
  constexpr mode_t kOwnerOnly = 0600;
  UniqueFd file(::openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, kOwnerOnly));
  if (file) return file;
  const std::string name = "body-" + std::to_string(::getpid());
  file.reset(::openat(directory, name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, kOwnerOnly));
  if (!file) {
    return fail(std::string("can't make a file for the request's body: ") + std::strerror(errno));
  }
  ::unlinkat(directory, name.c_str(), 0);
  return file;
}

// Moves what has come of the body into the spool.
Result<void> take(http::Exchange& exchange, Spool& spool) {
  std::array<std::byte, 16 << 10> bytes;
  while (const std::size_t count = exchange.readBody(bytes)) {
    if (auto kept = spool.append(std::span(bytes).first(count)); !kept) return kept;
  }
  return {};
}

}  // namespace

Result<void> Spool::append(std::span<const std::byte> bytes) {
  if (!file_ && size_ + bytes.size() > settings_.memory_bytes_max) {
    if (auto moved = moveToFile(); !moved) return moved;
  }
  if (file_) {
    if (auto written = writeToFile(bytes); !written) return written;
  } else {
    memory_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  size_ += bytes.size();
  return {};
}

Result<void> Spool::moveToFile() {
  auto file = temporaryFile(settings_.directory);
  if (!file) return std::unexpected(std::move(file.error()));
  file_ = std::move(*file);
  auto written = writeToFile(std::as_bytes(std::span(memory_)));
  std::string().swap(memory_);
  return written;
}

Result<void> Spool::writeToFile(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(std::string("can't keep a request's body: ") + std::strerror(errno));
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

std::size_t Spool::read(std::span<std::byte> out) {
  const std::size_t wanted = std::min<std::uint64_t>(out.size(), unread());
  if (wanted == 0) return 0;
  if (!file_) {
    std::memcpy(out.data(), memory_.data() + read_, wanted);
    read_ += wanted;
    return wanted;
  }
  const ssize_t count = ::pread(file_.get(), out.data(), wanted, static_cast<off_t>(read_));
  // The file is ours and unlinked: it has what was written.
  if (count <= 0) return 0;
  read_ += static_cast<std::uint64_t>(count);
  return static_cast<std::size_t>(count);
}

boost::asio::awaitable<std::expected<void, Unprepared>> spoolBody(http::Exchange& exchange,
                                                                  Spool& spool,
                                                                  std::uint64_t bytes_max) {
  for (;;) {
    if (bytes_max != 0 && spool.size() + exchange.bodyAvailable() > bytes_max) {
      co_return std::unexpected(BodyTooLarge{});
    }
    if (auto taken = take(exchange, spool); !taken) {
      co_return std::unexpected(std::move(taken.error()));
    }
    if (exchange.bodyComplete() && exchange.bodyAvailable() == 0) {
      co_return std::expected<void, Unprepared>();
    }
    const http::Wake wake = co_await exchange.waitBody();
    if (wake != http::Wake::kReady) co_return std::unexpected(wake);
  }
}

}  // namespace wagi::worker
