#include "supervisor/validate.h"

#include <poll.h>

#include <iterator>
#include <utility>

#include "artifact/prepare.h"
#include "supervisor/descriptors.h"
#include "supervisor/progress.h"

namespace wagi::supervisor {
namespace {

using Clock = artifact::Preparation::Clock;

void finish(artifact::Preparation& preparation) {
  Progress progress(Progress::whereFor());
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

std::expected<void, Diagnostics> fetchAll(Description& description, const Flags& flags) {
  if (description.errand.empty()) return {};
  auto fetched = fetchAndWait(description.errand);
  if (!fetched) return std::unexpected(Diagnostics{{{}, std::move(fetched.error().message)}});
  return complete(description, flags, *fetched);
}

}  // namespace

std::expected<Validated, Diagnostics> validate(const Flags& flags) {
  raiseDescriptorLimit();
  auto description = describe(flags);
  if (!description) return std::unexpected(std::move(description.error()));
  if (auto fetched = fetchAll(*description, flags); !fetched) {
    return std::unexpected(std::move(fetched.error()));
  }
  const auto cache = artifact::Cache::open(description->cache);
  if (!cache) return std::unexpected(Diagnostics{{{}, cache.error().message}});
  artifact::Preparation preparation(modulePathsOf(*description), *cache, description->preparation);
  finish(preparation);
  auto prepared = makePlan(*description, preparation);
  if (!prepared) return std::unexpected(std::move(prepared.error()));
  prepared->warnings.insert(prepared->warnings.begin(),
                            std::make_move_iterator(description->warnings.begin()),
                            std::make_move_iterator(description->warnings.end()));
  return Validated{*std::move(description), *std::move(prepared)};
}

}  // namespace wagi::supervisor
