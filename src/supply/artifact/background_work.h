// What child processes do while their parent's loop goes on.
#pragma once

#include <poll.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "supply/artifact/inspect.h"

namespace wagi::artifact {

// A part of it that is under way, for a person who waits.
struct Running {
  std::string path;
  Phase phase;
  std::chrono::steady_clock::duration since_start;
};

// Used from one thread, whose loop calls step() whenever a descriptor is ready or the deadline has
// come. Destroying it ends what still runs.
class BackgroundWork {
 public:
  using Clock = std::chrono::steady_clock;

  BackgroundWork() = default;
  BackgroundWork(const BackgroundWork&) = delete;
  BackgroundWork& operator=(const BackgroundWork&) = delete;
  virtual ~BackgroundWork() = default;

  // Takes what has come and starts what can be started; never waits. Whether all of it has ended.
  virtual bool step(Clock::time_point now) = 0;
  // What to poll, and until when at most, before the next step().
  virtual void addTo(std::vector<pollfd>& fds) const = 0;
  [[nodiscard]] virtual std::optional<Clock::time_point> deadline() const = 0;
  [[nodiscard]] virtual std::vector<Running> running(Clock::time_point now) const = 0;
};

}  // namespace wagi::artifact
