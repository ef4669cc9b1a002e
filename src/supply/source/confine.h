// Locks down the process that fetches: what strangers send passes through libcurl, libarchive and
// readers of JSON and TOML there.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "lockdown/lockdown.h"
#include "supply/source/request.h"

namespace wagi::source {

// The access that a process keeps which fetches `request` into the store at `store` (empty: none):
// the store to change; to read the project's folder, the folders of bindles, keyrings, certificates
// of authorities and what the C library looks up names by. `opened` holds what the result refers
// to; what isn't there is left out.
[[nodiscard]] lockdown::KeptAccess keptAccessOf(const FetchRequest& request,
                                                const std::string& store,
                                                std::vector<UniqueFd>& opened);

// Leaves this process that, connections to elsewhere, and no program to execute. On a kernel
// without Landlock or seccomp it leaves out what that lacks. Irrevocable. REQUIRES: the process has
// one thread.
[[nodiscard]] Result<void> confineFetch(const FetchRequest& request, const std::string& store);

}  // namespace wagi::source
