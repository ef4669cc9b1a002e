// Locks a process down before it runs foreign code: it gives up the privileges of root, the files
// and the system calls that it won't need. The kernel enforces this against native code too, should
// a guest ever break out of WebAssembly.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "lockdown/landlock.h"
#include "lockdown/system_calls.h"
#include "lockdown/user.h"

namespace wagi::lockdown {

// The user, files and system calls that a process keeps after lockDown(), since it needs them.
struct KeptAccess {
  std::optional<User> user;     // The user to become; absent: the process stays who it is.
  std::vector<Folder> folders;  // Empty for a connector and for kNoFiles.
  SystemCallList calls = SystemCallList::kWorker;
};

// The restrictions that are in force after lockDown(); an older kernel lacks some.
struct Report {
  std::string user;              // The process's user now, by name, or by number where it has none.
  bool is_root = false;          // Root keeps the capabilities to reach any file, and no other.
  int landlock_abi = 0;          // 0: files are not restricted.
  int landlock_offered = 0;      // The kernel's ABI version; too old below kLandlockAbiMin.
  std::size_t system_calls = 0;  // How many are left; 0: they are not restricted.
};

// Reduces this process to `kept`, irrevocably. It fails where the kernel offers a restriction that
// couldn't be applied; the caller must end the process then. REQUIRES: whoever keeps folders
// has one thread.
[[nodiscard]] Result<Report> lockDown(const KeptAccess& kept);

// The report in one line, for the log.
[[nodiscard]] std::string text(const Report& report);

}  // namespace wagi::lockdown
