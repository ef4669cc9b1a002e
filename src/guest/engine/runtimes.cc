#include "guest/engine/runtimes.h"

#include <utility>

namespace wagi::engine {

Result<const Engine*> Runtimes::need(Engine::Allocation allocation) {
  std::unique_ptr<Runtime>& runtime = of(allocation);
  if (runtime == nullptr) {
    auto created = Engine::create(allocation, instances_max_);
    if (!created) return std::unexpected(std::move(created.error()));
    auto engine = std::make_unique<Engine>(std::move(*created));
    auto host = Host::create(*engine);
    if (!host) return std::unexpected(std::move(host.error()));
    runtime = std::make_unique<Runtime>(Runtime{std::move(engine), std::move(*host)});
  }
  return runtime->engine.get();
}

Result<void> Runtimes::makePool() {
  if (auto pool = need(Engine::Allocation::kPool); !pool) {
    return std::unexpected(std::move(pool.error()));
  }
  return {};
}

Result<Runtimes::Loaded> Runtimes::load(const std::string& path) {
  const auto file = openCodeFile(path);
  if (!file) return std::unexpected(file.error());
  const bool is_pooled = file->notes.instances == Instances::kPooled;
  std::string unfit;
  if (const auto& pool = of(Engine::Allocation::kPool); is_pooled && pool != nullptr) {
    auto module = Module::load(*pool->engine, *file);
    if (module) return Loaded{*std::move(module), ""};
    unfit = std::move(module.error().message);
  }
  const auto engine = need(is_pooled ? Engine::Allocation::kOnDemand : Engine::Allocation::kSlots);
  if (!engine) return std::unexpected(engine.error());
  auto module = Module::load(**engine, *file);
  if (!module) return std::unexpected(std::move(module.error()));
  return Loaded{*std::move(module), std::move(unfit)};
}

Result<void> Runtimes::bind(Module& module) const {
  for (const auto& runtime : runtimes_) {
    if (runtime != nullptr && runtime->engine.get() == &module.engine()) {
      return module.bind(runtime->host);
    }
  }
  return fail("the module is of another engine");
}

std::vector<const Engine*> Runtimes::engines() const {
  std::vector<const Engine*> engines;
  for (const auto& runtime : runtimes_) {
    if (runtime != nullptr) engines.push_back(runtime->engine.get());
  }
  return engines;
}

bool Runtimes::sweep() {
  const auto& slots = of(Engine::Allocation::kSlots);
  return slots != nullptr && slots->engine->slots()->sweep();
}

}  // namespace wagi::engine
