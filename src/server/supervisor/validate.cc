#include "server/supervisor/validate.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/file.h"
#include "server/runner/resources.h"
#include "server/supervisor/directories.h"

namespace wagi::supervisor {
namespace {

// Checks directories that a start makes, and fails without; nothing is made here.
Result<void> checkDirectories(const Description& description) {
  if (auto usable = checkModuleCache(description.module_cache); !usable) return usable;
  return LogDirectory::check(description.log_dir);
}

}  // namespace

void finishAndWait(artifact::BackgroundWork& work, Progress::Where where,
                   const runner::Clocks& clocks) {
  Progress progress(where);
  while (!work.step(clocks.steady())) {
    progress.update(work.running(clocks.steady()));
    std::vector<pollfd> fds;
    work.addTo(fds);
    const auto deadline = work.deadline();
    const bool is_due = deadline && *deadline <= clocks.steady();
    ::poll(fds.data(), fds.size(), is_due ? 0 : static_cast<int>(Progress::kRefresh.count()));
  }
  progress.update({});
}

std::expected<Validated, Diagnostics> validate(const Flags& flags, const Supply& supply,
                                               const runner::Clocks& clocks) {
  runner::raiseDescriptorLimit();
  auto description = describe(flags, clocks.system());
  if (!description) return std::unexpected(std::move(description.error()));
  if (auto usable = checkDirectories(*description); !usable) {
    return std::unexpected(Diagnostics{{{}, std::move(usable.error().message)}});
  }
  const auto cache = artifact::Cache::open(description->cache);
  if (!cache) return std::unexpected(Diagnostics{{{}, cache.error().message}});
  PlanBuilder builder(*std::move(description), *cache, supply, clocks.steady());
  finishAndWait(builder, Progress::whereFor(), clocks);
  auto prepared = builder.take();
  if (!prepared) return std::unexpected(std::move(prepared.error()));
  prepared->warnings = builder.takeWarnings();
  return Validated{builder.takeDescription(), *std::move(prepared)};
}

Diagnostics missingVolumes(const Description& description) {
  Diagnostics warnings;
  for (const DescribedModule& module : description.modules) {
    for (const config::Volume& volume : module.config.volumes) {
      const UniqueFd folder = openFolder(volume.host);
      if (folder) continue;
      warnings.push_back({volume.place, fmt::format("can't open the volume {} ({}): {}; guests of "
                                                    "{} won't see it",
                                                    volume.guest, volume.host, std::strerror(errno),
                                                    module.config.route)});
    }
  }
  return warnings;
}

}  // namespace wagi::supervisor
