// Fetches by a child process, which may take minutes. Only files of this machine are left for the
// steps after it.
#pragma once

#include <memory>

#include "base/result.h"
#include "supply/artifact/background_work.h"
#include "supply/source/fetched.h"
#include "supply/source/request.h"

namespace wagi::source {

// A FetchRequest that is under way.
class Fetching : public artifact::BackgroundWork {
 public:
  // The result. REQUIRES: step() returned true, and take() wasn't called before.
  [[nodiscard]] virtual Result<Fetched> take() = 0;
};

// Starts the child. REQUIRES: the process has one thread.
[[nodiscard]] Result<std::unique_ptr<Fetching>> startFetching(
    const FetchRequest& request, artifact::BackgroundWork::Clock::time_point now);

}  // namespace wagi::source
