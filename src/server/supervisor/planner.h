// A description and what was found out about its modules, as the plan that workers follow.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "server/supervisor/description.h"
#include "server/worker/plan.h"
#include "supply/artifact/prepare.h"

namespace wagi::supervisor {

// A compiled module, open. A plan names it as a descriptor of this process and of those forked from
// it, so that a worker can be started again after a cache was cleaned.
struct Code {
  UniqueFd fd;
  std::string file;                        // In the cache, when it was opened.
  std::string module;                      // The file that it was compiled from.
  [[nodiscard]] std::string path() const;  // As worker::Route::code has it.
};

struct Prepared {
  worker::Plan plan;
  // Shared by all generations that serve this plan: they are gone one after the other.
  std::shared_ptr<const std::vector<Code>> code;
  Diagnostics warnings;
};

// The modules' files and how much memory their instances may have, to be inspected.
[[nodiscard]] std::vector<artifact::InspectionRequest> wantedBy(const Description& description);

// All mistakes of all modules are reported. generation and log_dir are left to the caller.
// REQUIRES: `inspections` have ended, and were given wantedBy(description).
[[nodiscard]] std::expected<Prepared, Diagnostics> makePlan(
    const Description& description, const artifact::Inspections& inspections);

}  // namespace wagi::supervisor
