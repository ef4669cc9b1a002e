// The engines of one process, each with its host functions, and modules loaded in the one that
// their code is for.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "guest/engine/module.h"

namespace wagi::engine {

class Runtimes {
 public:
  // `instances_max` counts instances that live at once. An engine is made when a module needs it.
  explicit Runtimes(std::size_t instances_max) : instances_max_(instances_max) {}

  // Makes the pool, so that modules whose code isn't for slots of our own are loaded in it. The
  // error says why there is none; then they are made on demand.
  [[nodiscard]] Result<void> makePool();

  struct Loaded {
    Module module;
    std::string unfit;  // Why it isn't in the pool, though there is one and its code is for it.
  };
  // Loads the code at `path`, which borrows this. Its imports aren't bound: bind() does that.
  [[nodiscard]] Result<Loaded> load(const std::string& path);
  // Binds the imports of a module from load().
  [[nodiscard]] Result<void> bind(Module& module) const;

  // The one to compile with: the code is for all of them.
  [[nodiscard]] Result<const Engine*> compiler() { return need(Engine::Allocation::kOnDemand); }
  // Those that are there.
  [[nodiscard]] std::vector<const Engine*> engines() const;
  // Gives back what slots of our own hold that weren't used since the last sweep. False where none
  // is left.
  bool sweep();

 private:
  // At a fixed address, since modules borrow both.
  struct Runtime {
    std::unique_ptr<Engine> engine;
    Host host;
  };
  [[nodiscard]] std::unique_ptr<Runtime>& of(Engine::Allocation allocation) {
    return runtimes_[static_cast<std::size_t>(allocation)];
  }
  // Makes it unless it is there.
  [[nodiscard]] Result<const Engine*> need(Engine::Allocation allocation);

  std::size_t instances_max_;
  // By Engine::Allocation; null where none was needed.
  std::array<std::unique_ptr<Runtime>, Engine::kAllocations> runtimes_;
};

}  // namespace wagi::engine
