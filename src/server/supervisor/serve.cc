#include "server/supervisor/serve.h"

#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <string_view>
#include <utility>

#include "base/log.h"
#include "server/runner/clocks.h"
#include "server/runner/listener.h"
#include "server/runner/resources.h"
#include "server/supervisor/announce.h"
#include "server/supervisor/directories.h"
#include "server/supervisor/supervisor.h"
#include "server/supervisor/validate.h"
#include "server/worker/worker.h"

namespace wagi::supervisor {
namespace {

void refuseReload(int) {
  constexpr std::string_view kLine =
      "SIGHUP: there is no reload without workers (--workers 0); restart the server\n";
  std::ignore = ::write(STDERR_FILENO, kLine.data(), kLine.size());
}

// For a debugger: one process that is server and worker.
int serveInProcess(const Flags& flags, const runner::Clocks& clocks) {
  auto validated = validate(flags, Supply(), clocks);
  if (!validated) {
    logMistakes(validated.error());
    return 1;
  }
  logWarnings(validated->prepared.warnings);
  if (validated->description.watch) {
    spdlog::warn("--watch has no effect without workers (--workers 0)");
  }
  worker::Plan& plan = validated->prepared.plan;
  const auto failed = [](const Error& error) {
    spdlog::error("{}", error.message);
    return 1;
  };
  if (auto made = makeModuleCache(validated->description.module_cache); !made) {
    return failed(made.error());
  }
  LogDirectory log_directory;
  auto log_dir = log_directory.use(validated->description.log_dir, std::nullopt);
  if (!log_dir) return failed(log_dir.error());
  plan.log_dir = *std::move(log_dir);
  const auto spool_directory = makeSpoolDirectory(std::nullopt);
  if (!spool_directory) return failed(spool_directory.error());
  plan.spool_dir = spool_directory->path();
  std::vector<runner::Listener> listeners;
  std::vector<int> listening;
  for (const DescribedListener& wanted : validated->description.listeners) {
    auto listener = runner::listenOn(wanted.address, wanted.mode);
    if (!listener) return failed(listener.error());
    plan.listeners[listeners.size()].endpoint = listener->endpoint;
    listening.push_back(listener->fd.release());
    listeners.push_back(*std::move(listener));
  }
  const auto counters = worker::SharedCounters::create(1, plan.modules_count);
  if (!counters) return failed(counters.error());

  struct sigaction action{};
  action.sa_handler = refuseReload;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGHUP, &action, nullptr);
  announceReady(plan);
  return worker::run(plan, {.listening = std::move(listening)}, **counters);
}

}  // namespace

int serve(const Flags& flags) {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGCHLD,
           SIG_DFL);  // Whoever started us may ignore it: then nobody's death would be told.
  const runner::Clocks clocks;
  auto description = describe(flags, clocks.system());
  if (!description) {
    logMistakes(description.error());
    return 1;
  }
  if (!flags.settings.log_format && description->log_format == LogFormat::kJson) {
    initLog(LogFormat::kJson);
  }
  runner::raiseDescriptorLimit();
  if (description->workers == 0) return serveInProcess(flags, clocks);
  return Supervisor(flags, clocks).run(*std::move(description));
}

}  // namespace wagi::supervisor
