// Work of child processes that goes on while their parent's loop does.
#pragma once

#include <poll.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "supply/artifact/inspect.h"

namespace wagi::artifact {

// A part of the work that is under way, shown to a person who waits.
struct Running {
  std::string path;
  Phase phase;
  std::chrono::steady_clock::duration since_start;
};

// Used from one thread, whose loop calls step() whenever a descriptor is ready or the deadline has
// come. The destructor ends the children that still run.
class BackgroundWork {
 public:
  using Clock = std::chrono::steady_clock;

  BackgroundWork() = default;
  BackgroundWork(const BackgroundWork&) = delete;
  BackgroundWork& operator=(const BackgroundWork&) = delete;
  virtual ~BackgroundWork() = default;

  // Takes results that have come, and starts what can be started; never waits. True: all has ended.
  virtual bool step(Clock::time_point now) = 0;
  // The descriptors to poll before the next step(), and the time at which that is due at the
  // latest.
  virtual void addTo(std::vector<pollfd>& fds) const = 0;
  [[nodiscard]] virtual std::optional<Clock::time_point> deadline() const = 0;
  [[nodiscard]] virtual std::vector<Running> running(Clock::time_point now) const = 0;
};

}  // namespace wagi::artifact
