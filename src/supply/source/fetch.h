// Fetches modules of registries and bindles, whole bindles, and a project folder's files into the
// store.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "supply/source/fetched.h"
#include "supply/source/request.h"
#include "supply/store/store.h"

namespace wagi::source {

// Fetches all of the request, and waits for it. A reference that can't be fetched is in the
// result's errors; the call fails for a bindle or a project that can't. `now` is in seconds since
// 1970. REQUIRES: a process for this only, which ends afterwards.
[[nodiscard]] Result<Fetched> fetch(const FetchRequest& request, const store::Store& store,
                                    std::int64_t now);

}  // namespace wagi::source
