#include "guest/engine/runtimes.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"
#include "guest/engine/code_file.h"

namespace wagi::engine {

Result<std::unique_ptr<Runtimes::Runtime>> Runtimes::make(Engine::Allocation allocation) const {
  auto engine = Engine::create(allocation, instances_max_);
  if (!engine) return std::unexpected(std::move(engine.error()));
  auto kept = std::make_unique<Engine>(std::move(*engine));
  auto host = Host::create(*kept);
  if (!host) return std::unexpected(std::move(host.error()));
  return std::make_unique<Runtime>(Runtime{std::move(kept), std::move(*host)});
}

Result<Runtimes::Runtime*> Runtimes::need(std::unique_ptr<Runtime>& runtime,
                                          Engine::Allocation allocation) const {
  if (runtime == nullptr) {
    auto made = make(allocation);
    if (!made) return std::unexpected(std::move(made.error()));
    runtime = *std::move(made);
  }
  return runtime.get();
}

Result<void> Runtimes::makePool() {
  if (auto pool = need(pool_, Engine::Allocation::kPool); !pool) {
    return std::unexpected(std::move(pool.error()));
  }
  return {};
}

Result<Runtimes::Loaded> Runtimes::load(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail(std::string("it can't be opened: ") + std::strerror(errno));
  const auto notes = readCodeNotes(fd.get());
  if (!notes) return std::unexpected(notes.error());
  const auto in = [&](const Runtime& runtime, std::string unfit) -> Result<Loaded> {
    auto module = Module::load(*runtime.engine, path);
    if (!module) return std::unexpected(std::move(module.error()));
    return Loaded{*std::move(module), std::move(unfit)};
  };
  if (notes->instances != Instances::kPooled) {
    const auto slots = need(slots_, Engine::Allocation::kSlots);
    if (!slots) return std::unexpected(slots.error());
    return in(**slots, "");
  }
  std::string unfit;
  if (pool_ != nullptr) {
    auto loaded = in(*pool_, "");
    if (loaded) return loaded;
    unfit = std::move(loaded.error().message);
  }
  const auto on_demand = need(on_demand_, Engine::Allocation::kOnDemand);
  if (!on_demand) return std::unexpected(on_demand.error());
  return in(**on_demand, std::move(unfit));
}

Result<void> Runtimes::bind(Module& module) const {
  for (const auto* runtime : {&pool_, &on_demand_, &slots_}) {
    if (*runtime != nullptr && (*runtime)->engine.get() == &module.engine()) {
      return module.bind((*runtime)->host);
    }
  }
  return fail("the module is of another engine");
}

Result<const Engine*> Runtimes::compiler() {
  const auto runtime = need(on_demand_, Engine::Allocation::kOnDemand);
  if (!runtime) return std::unexpected(runtime.error());
  return (*runtime)->engine.get();
}

std::vector<const Engine*> Runtimes::engines() const {
  std::vector<const Engine*> engines;
  for (const auto* runtime : {&pool_, &on_demand_, &slots_}) {
    if (*runtime != nullptr) engines.push_back((*runtime)->engine.get());
  }
  return engines;
}

bool Runtimes::sweep() { return slots_ != nullptr && slots_->engine->slots()->sweep(); }

}  // namespace wagi::engine
