// A FetchRequest in a child process, which may take minutes: nothing but files of this machine is
// left for what comes after it.
#pragma once

#include <memory>

#include "base/result.h"
#include "supply/artifact/background_work.h"
#include "supply/source/fetched.h"
#include "supply/source/request.h"

namespace wagi::source {

class Fetching : public artifact::BackgroundWork {
 public:
  // REQUIRES: step() returned true; once.
  [[nodiscard]] virtual Result<Fetched> take() = 0;
};

// From a process without threads. Destroying it ends the child.
[[nodiscard]] Result<std::unique_ptr<Fetching>> startFetching(
    const FetchRequest& request, artifact::BackgroundWork::Clock::time_point now);

}  // namespace wagi::source
