// What `wagi check --security` prints.
#pragma once

#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "lockdown/lockdown.h"
#include "server/worker/plan.h"

namespace wagi::cli {

// The folders of a plan's volumes, as its workers keep them; those that can't be opened are left
// out. `opened` holds what the needs refer to.
[[nodiscard]] lockdown::Needs needsOf(const worker::Plan& plan, std::vector<UniqueFd>& opened);

// Locks down processes as workers are, tries to break out of them, and prints what came of it.
// False when something went through.
[[nodiscard]] Result<bool> printSecurity(const lockdown::Needs& needs);

}  // namespace wagi::cli
