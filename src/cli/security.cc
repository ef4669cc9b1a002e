#include "cli/security.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/openat2.h>

#include <cerrno>

#include "base/file.h"
#include "base/say.h"
#include "base/unique_fd.h"
#include "guest/wasi/system.h"
#include "lockdown/probe.h"
#include "supply/source/confine.h"

namespace wagi::cli {
namespace {

void printLine(const char* name, const std::string& value) {
  say(stdout, "{:<20}{}\n", name, value);
}

std::string userText(const lockdown::KeptAccess& kept) {
  if (kept.user) return fmt::format("{} (uid {})", kept.user->name, kept.user->uid);
  if (::geteuid() != 0) return "the one that starts the server; no capabilities";
  if (kept.calls != lockdown::SystemCallList::kWorker)
    return "root, with no capability but to reach files";
  return "root, with no capability but to reach files; `[server] user` names a lesser one";
}

// `left` is what is in force of a list of files.
std::string landlockText(const std::string& left) {
  const int abi = lockdown::landlockAbi();
  if (abi == 0) return "NOT in force: this kernel lacks it (Linux 5.19 or later has it)";
  if (abi < lockdown::kLandlockAbiMin) {
    return fmt::format("NOT in force: this kernel's version {} is too old (Linux 5.19 will do)",
                       abi);
  }
  return fmt::format("in force, version {}: {}", abi, left);
}

std::string countOf(std::size_t count, std::string_view thing) {
  return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

std::string pathsText() {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH;
  const UniqueFd fd(wasi::realSystem().openat2(AT_FDCWD, ".", how));
  return fd ? "in force: openat2 with RESOLVE_BENEATH"
            : "component by component: this kernel lacks openat2 (Linux 5.6 has it)";
}

// Prints what is in force in a process that is locked down to `kept`, and what comes of trying to
// break out of one. `files` are those that are left to it.
Result<bool> printProcess(const lockdown::KeptAccess& kept, const std::string& files) {
  const auto outcomes = lockdown::probe(kept);
  if (!outcomes) return std::unexpected(outcomes.error());
  printLine("  user", userText(kept));
  printLine("  new privileges", "none (no_new_privs)");
  printLine("  Landlock", landlockText(files));
  printLine("  seccomp", lockdown::canFilterSystemCalls()
                             ? "in force: a list of calls, no executable memory"
                             : "NOT in force: this kernel lacks it");
  if (kept.calls == lockdown::SystemCallList::kWorker) printLine("  guests' paths", pathsText());
  say(stdout, "Tried by native code inside of one:\n");
  bool all_refused = true;
  for (const lockdown::Outcome& outcome : *outcomes) {
    all_refused &= outcome.refused;
    say(stdout, "  {:<50}{} ({})\n", outcome.what, outcome.refused ? "refused" : "NOT REFUSED",
        outcome.how);
  }
  return all_refused;
}

}  // namespace

lockdown::KeptAccess keptAccessOf(const worker::Plan& plan, std::vector<UniqueFd>& opened) {
  using Access = lockdown::Folder::Access;
  lockdown::KeptAccess kept{.user = plan.user, .folders = {}};
  for (const worker::Route& route : plan.routes) {
    for (const config::Volume& volume : route.volumes) {
      UniqueFd fd = openFolder(volume.host);
      if (!fd) continue;  // `wagi serve` warns of it.
      kept.folders.push_back({fd.get(), volume.read_only ? Access::kRead : Access::kChange});
      opened.push_back(std::move(fd));
    }
  }
  return kept;
}

Result<bool> printSecurity(const lockdown::KeptAccess& worker) {
  say(stdout, "Of a worker, on this kernel:\n");
  const auto works = printProcess(
      worker, countOf(worker.folders.size(), "volume") + ", the log directory, spooled bodies");
  if (!works) return works;
  std::vector<UniqueFd> opened;
  const lockdown::KeptAccess fetcher = source::keptAccessOf({}, {}, opened);
  say(stdout, "Of a process that fetches:\n");
  const auto fetches = printProcess(fetcher, "the store; to read, what the request names, and " +
                                                 countOf(fetcher.folders.size(), "file") +
                                                 " of names and certificates");
  if (!fetches) return fetches;
  return *works && *fetches;
}

}  // namespace wagi::cli
