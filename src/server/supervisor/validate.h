// A configuration checked as a server would at its start, for those who only want to know.
#pragma once

#include <expected>

#include "server/runner/clocks.h"
#include "server/supervisor/description.h"
#include "server/supervisor/plan_builder.h"
#include "server/supervisor/progress.h"

namespace wagi::supervisor {

// A description with its modules prepared: compiled, their imports checked, `_routes` run.
struct Validated {
  Description description;
  Prepared prepared;
};

// Waits until the plan is made, and shows progress on a terminal. The warnings of all steps are in
// prepared.warnings.
[[nodiscard]] std::expected<Validated, Diagnostics> validate(const Flags& flags,
                                                             const Supply& supply = {},
                                                             const runner::Clocks& clocks = {});

// Volumes that no guest will see, since they can't be opened: what a worker warns of when it
// starts, for who only checks.
[[nodiscard]] Diagnostics missingVolumes(const Description& description);

// Waits until the work has ended, and shows its progress.
void finishAndWait(artifact::BackgroundWork& work, Progress::Where where,
                   const runner::Clocks& clocks = {});

}  // namespace wagi::supervisor
