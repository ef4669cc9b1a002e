// Tries out, for `wagi check --security`, whether a worker's lock-down holds, and prints that.
#pragma once

#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "lockdown/lockdown.h"
#include "server/worker/plan.h"

namespace wagi::cli {

// The access that a worker of this plan keeps: the folders of its volumes, but for those that
// can't be opened. `opened` receives the descriptors that the result borrows.
[[nodiscard]] lockdown::KeptAccess keptAccessOf(const worker::Plan& plan,
                                                std::vector<UniqueFd>& opened);

// Locks down processes as workers are, to `worker`, and as those that fetch are; tries to break out
// of them, and prints the outcome of each attempt. False means that one went through.
[[nodiscard]] Result<bool> printSecurity(const lockdown::KeptAccess& worker);

}  // namespace wagi::cli
