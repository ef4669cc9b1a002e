// Volumes that one request at a time uses: `exclusive = true`.
//
// The lock of a volume is flock(2) on its folder. The kernel keeps it, so that it holds between
// workers, generations and servers, and ends with the process that held it, however that ended.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "guest/wasi/system.h"
#include "net/http/exchange.h"
#include "server/worker/unprepared.h"

namespace wagi::worker {

// The locks of some folders, held until it is destroyed.
class VolumeLock {
 public:
  VolumeLock(VolumeLock&&) = default;
  VolumeLock& operator=(VolumeLock&&) = delete;
  ~VolumeLock();

  // All of them at once, or nullopt when one is held elsewhere: never some of them, so that nobody
  // waits while holding what another waits for. REQUIRES: no two are the same folder.
  [[nodiscard]] static Result<std::optional<VolumeLock>> acquire(std::span<const int> folders);

 private:
  VolumeLock() = default;
  std::vector<UniqueFd> held_;
};

// The requests of one worker that wait for a route's volumes, in the order in which they came. Only
// the first tries the lock, again and again since flock(2) can't be waited for in an event loop.
class WaitingLine {
 public:
  class Place {
   public:
    explicit Place(WaitingLine& line) : line_(line), number_(line.next_++) {
      line_.waiting_.insert(number_);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { line_.waiting_.erase(number_); }

    [[nodiscard]] bool first() const { return *line_.waiting_.begin() == number_; }
    // Until it makes sense to look again: longer for those far behind.
    [[nodiscard]] std::chrono::milliseconds pause() const;

   private:
    WaitingLine& line_;
    const std::uint64_t number_;
  };

  [[nodiscard]] bool empty() const { return waiting_.empty(); }

 private:
  std::set<std::uint64_t> waiting_;
  std::uint64_t next_ = 0;
};

// Waits in `line` until the volumes of `folders` are free, and locks them. Borrows everything.
[[nodiscard]] boost::asio::awaitable<std::expected<VolumeLock, Unprepared>> waitForVolumes(
    http::Exchange& exchange, wasi::System& system, WaitingLine& line,
    std::span<const int> folders);

}  // namespace wagi::worker
