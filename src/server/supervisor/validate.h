// A configuration checked as a server would at its start, for those who only want to know.
#pragma once

#include <expected>
#include <memory>

#include "server/supervisor/description.h"
#include "server/supervisor/planner.h"
#include "server/supervisor/progress.h"

namespace wagi::supervisor {

// A description with its modules prepared: compiled, their imports checked, `_routes` run.
struct Validated {
  Description description;
  Prepared prepared;
};

// Waits until everything is compiled, and shows progress on a terminal. Warnings are those of both
// steps, in prepared.warnings.
[[nodiscard]] std::expected<Validated, Diagnostics> validate(const Flags& flags);

// Volumes that no guest will see, since they can't be opened: what a worker warns of when it
// starts, for who only checks.
[[nodiscard]] Diagnostics missingVolumes(const Description& description);
// Waits until all modules of a preparation are ready.
void finishAndWait(artifact::Preparation& preparation, Progress::Where where);

}  // namespace wagi::supervisor
