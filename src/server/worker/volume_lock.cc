#include "server/worker/volume_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace wagi::worker {
namespace {

// Between two looks of the first in line, and the most for those behind it.
constexpr std::uint64_t kPauseMsMin = 1;
constexpr std::uint64_t kPauseMsMax = 50;

}  // namespace

VolumeLock::~VolumeLock() {
  // Closing alone would leave it to a child that was forked meanwhile (`--workers 0`).
  for (const UniqueFd& folder : held_) ::flock(folder.get(), LOCK_UN);
}

Result<std::optional<VolumeLock>> VolumeLock::acquire(std::span<const int> folders) {
  VolumeLock lock;
  lock.held_.reserve(folders.size());
  for (const int folder : folders) {
    // Opened anew: requests that shared one open file would share its lock.
    UniqueFd own(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!own) return fail(std::string("can't open an exclusive volume: ") + std::strerror(errno));
    if (::flock(own.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return std::nullopt;
      return fail(std::string("can't lock an exclusive volume: ") + std::strerror(errno));
    }
    lock.held_.push_back(std::move(own));
  }
  return lock;
}

std::chrono::milliseconds WaitingLine::Place::pause() const {
  // Numbers that left the line count too: it is only a guess of how long the wait will be.
  const std::uint64_t before = number_ - *line_.waiting_.begin();
  return std::chrono::milliseconds(std::min(kPauseMsMin + before, kPauseMsMax));
}

boost::asio::awaitable<std::expected<VolumeLock, Unprepared>> waitForVolumes(
    http::Exchange& exchange, wasi::System& system, WaitingLine& line,
    std::span<const int> folders) {
  const WaitingLine::Place place(line);
  for (;;) {
    if (place.first()) {
      auto lock = VolumeLock::acquire(folders);
      if (!lock) co_return std::unexpected(std::move(lock.error()));
      if (*lock) co_return std::move(**lock);
    }
    const http::Wake wake =
        co_await exchange.waiter().waitUntil(system.monotonicClock() + place.pause());
    if (wake != http::Wake::kReady) co_return std::unexpected(wake);
  }
}

}  // namespace wagi::worker
