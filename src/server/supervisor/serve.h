// `wagi serve`
#pragma once

#include "server/supervisor/description.h"

namespace wagi::supervisor {

// Serves until it is told to stop; the program's exit code. With 0 workers, all in this process.
[[nodiscard]] int serve(const Flags& flags);

}  // namespace wagi::supervisor
