// A description and what was found out about its modules, as the plan that workers follow.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "artifact/prepare.h"
#include "base/unique_fd.h"
#include "supervisor/description.h"
#include "worker/plan.h"

namespace wagi::supervisor {

struct Prepared {
  worker::Plan plan;
  // The compiled modules, open. The plan names them as descriptors of this process and of those
  // forked from it, so that a worker can be started again after a cache was cleaned.
  std::vector<UniqueFd> code;
  Diagnostics warnings;
};

// The modules' files and how much memory their instances may have, for a Preparation.
[[nodiscard]] std::vector<artifact::Wanted> wantedBy(const Description& description);

// All mistakes of all modules are reported. generation and log_dir are left to the caller.
// REQUIRES: `preparation` is done, and was given wantedBy(description).
[[nodiscard]] std::expected<Prepared, Diagnostics> makePlan(
    const Description& description, const artifact::Preparation& preparation);

}  // namespace wagi::supervisor
