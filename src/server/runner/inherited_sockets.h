// Sockets that whoever started this process has opened for it (sd_listen_fds(3)): systemd's, or
// another supervisor's that speaks its protocol.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace wagi::runner {

// The listening socket of this FileDescriptorName, as a descriptor of its own, so that it can be
// had again after a reload. The error names those that there are.
[[nodiscard]] Result<UniqueFd> inheritedSocket(std::string_view name);

// The names of descriptors 3 and up, from the values of LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES
// (null: unset); none where they are for another process than `pid`. A descriptor without a name is
// called "unknown", as sd_listen_fds_with_names(3) does.
[[nodiscard]] std::vector<std::string> inheritedNames(const char* listen_pid,
                                                      const char* listen_fds,
                                                      const char* listen_names, int pid);

}  // namespace wagi::runner
