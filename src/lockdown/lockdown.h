// A process gives up, before it runs what may be anyone's code, all that it won't need: the
// privileges of root, files, system calls. What holds then holds against native code too, should a
// guest ever break out of WebAssembly.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "lockdown/landlock.h"
#include "lockdown/system_calls.h"
#include "lockdown/user.h"

namespace wagi::lockdown {

// What the process goes on to need.
struct Needs {
  std::optional<User> user;     // To become, if it is another one.
  std::vector<Folder> folders;  // Of a worker and a compiler.
  Calls calls = Calls::kWorker;
};

// What is in force. An older kernel has less, and says so here.
struct Report {
  std::string user;              // That the process is now, by name or number.
  bool is_root = false;          // Then with the capabilities to reach any file, and no other.
  int landlock_abi = 0;          // 0: files are not restricted.
  int landlock_offered = 0;      // By the kernel; too old below kLandlockAbiMin.
  std::size_t system_calls = 0;  // That are left; 0: they are not restricted.
};

// Irrevocable. Fails where something that the kernel offers could not be had, which must end the
// process. REQUIRES: a worker and a compiler have one thread.
[[nodiscard]] Result<Report> lockDown(const Needs& needs);

// In one line, for the log.
[[nodiscard]] std::string text(const Report& report);

}  // namespace wagi::lockdown
