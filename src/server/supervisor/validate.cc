#include "server/supervisor/validate.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "base/unique_fd.h"
#include "server/supervisor/descriptors.h"
#include "server/supervisor/directories.h"
#include "server/supervisor/progress.h"
#include "supply/artifact/prepare.h"

namespace wagi::supervisor {
namespace {

using Clock = artifact::Preparation::Clock;

std::expected<void, Diagnostics> fetchAll(Description& description, const Flags& flags) {
  if (description.errand.empty()) return {};
  auto fetched = fetchAndWait(description.errand);
  if (!fetched) return std::unexpected(Diagnostics{{{}, std::move(fetched.error().message)}});
  return complete(description, flags, *fetched);
}

// Those that a start makes, and fails without; nothing is made here.
Result<void> checkDirectories(const Description& description) {
  if (auto usable = checkModuleCache(description.module_cache); !usable) return usable;
  return LogDirectory::check(description.log_dir);
}

}  // namespace

void finishAndWait(artifact::Preparation& preparation, Progress::Where where) {
  Progress progress(where);
  preparation.step(Clock::now());
  while (!preparation.done()) {
    std::vector<pollfd> fds;
    preparation.addTo(fds);
    const bool is_due = preparation.deadline().value_or(Clock::time_point::max()) <= Clock::now();
    ::poll(fds.data(), fds.size(), is_due ? 0 : static_cast<int>(Progress::kRefresh.count()));
    preparation.step(Clock::now());
    progress.update(preparation.running(Clock::now()));
  }
}

std::expected<Validated, Diagnostics> validate(const Flags& flags) {
  raiseDescriptorLimit();
  auto description = describe(flags);
  if (!description) return std::unexpected(std::move(description.error()));
  if (auto usable = checkDirectories(*description); !usable) {
    return std::unexpected(Diagnostics{{{}, std::move(usable.error().message)}});
  }
  if (auto fetched = fetchAll(*description, flags); !fetched) {
    return std::unexpected(std::move(fetched.error()));
  }
  const auto cache = artifact::Cache::open(description->cache);
  if (!cache) return std::unexpected(Diagnostics{{{}, cache.error().message}});
  artifact::Preparation preparation(wantedBy(*description), *cache, description->preparation);
  finishAndWait(preparation, Progress::whereFor());
  auto prepared = makePlan(*description, preparation);
  if (!prepared) return std::unexpected(std::move(prepared.error()));
  prepared->warnings.insert(prepared->warnings.begin(),
                            std::make_move_iterator(description->warnings.begin()),
                            std::make_move_iterator(description->warnings.end()));
  return Validated{*std::move(description), *std::move(prepared)};
}

Diagnostics missingVolumes(const Description& description) {
  Diagnostics warnings;
  for (const DescribedModule& module : description.modules) {
    for (const config::Volume& volume : module.config.volumes) {
      const UniqueFd folder(::open(volume.host.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
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
