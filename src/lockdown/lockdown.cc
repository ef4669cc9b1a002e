#include "lockdown/lockdown.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>

#include "base/sanitizer.h"

namespace wagi::lockdown {
namespace {

// Landlock binds the calling thread alone, so there must be no other that could run foreign code.
constexpr std::size_t kThreadsMax = kThreadSanitizer ? 2 : 1;

std::size_t threads() {
  std::error_code unknown;
  const std::filesystem::directory_iterator tasks("/proc/self/task", unknown);
  return unknown ? 1 : static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

bool restrictsFiles(SystemCallList calls) {
  return calls != SystemCallList::kConnector && calls != SystemCallList::kNoFiles;
}

std::string nameOf(uid_t uid) {
  const passwd* const entry = ::getpwuid(uid);
  return entry != nullptr ? entry->pw_name : std::to_string(uid);
}

}  // namespace

Result<Report> lockDown(const KeptAccess& kept) {
  const bool files = restrictsFiles(kept.calls);
  assert(files || kept.folders.empty());
  if (files && threads() > kThreadsMax) {
    return fail("a process with several threads can't be locked down");
  }
  Report report;
  if (kept.user) {
    if (auto became = become(*kept.user); !became) return std::unexpected(became.error());
  }
  report.is_root = ::geteuid() == 0;
  report.user = kept.user ? kept.user->name : nameOf(::geteuid());
  if (auto dropped = dropCapabilities(); !dropped) return std::unexpected(dropped.error());
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return fail(fmt::format("no_new_privs: {}", std::strerror(errno)));
  }
  report.landlock_offered = landlockAbi();
  if (files && report.landlock_offered >= kLandlockAbiMin) {
    const Network network = hasNetwork(kept.calls) ? Network::kTcp : Network::kNone;
    if (auto restricted = restrictFiles(kept.folders, network); !restricted) {
      return std::unexpected(restricted.error());
    }
    report.landlock_abi = report.landlock_offered;
  }
  if (canFilterSystemCalls()) {
    const auto left = limitSystemCalls(kept.calls);
    if (!left) return std::unexpected(left.error());
    report.system_calls = *left;
  }
  return report;
}

std::string text(const Report& report) {
  const std::string files = report.landlock_abi > 0
                                ? fmt::format("Landlock {}", report.landlock_abi)
                            : report.landlock_offered > 0
                                ? fmt::format("no Landlock (this kernel's version {} is too old)",
                                              report.landlock_offered)
                                : "no Landlock (this kernel lacks it)";
  const std::string calls = report.system_calls > 0
                                ? fmt::format("{} system calls", report.system_calls)
                                : "no limit on system calls (this kernel lacks seccomp)";
  return fmt::format("user {}, {}, {}", report.user, files, calls);
}

}  // namespace wagi::lockdown
