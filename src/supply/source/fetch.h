// Fetches what is elsewhere: modules of registries and bindles, whole bindles, and a project
// folder's files, into the store.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "supply/source/fetched.h"
#include "supply/source/request.h"
#include "supply/store/store.h"

namespace wagi::source {

// Runs the whole request, and waits for it. A reference that can't be had is in the result's
// errors; a bindle or a project that can't be is the error. `now`: seconds since 1970. REQUIRES: a
// process of its own, which then ends.
[[nodiscard]] Result<Fetched> fetch(const FetchRequest& request, const store::Store& store,
                                    std::int64_t now);

}  // namespace wagi::source
