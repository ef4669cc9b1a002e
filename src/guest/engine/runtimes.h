// The engines of one process, each with its host functions, and modules loaded in the one that
// their code is for.
#pragma once

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
  [[nodiscard]] Result<const Engine*> compiler();
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
  [[nodiscard]] Result<std::unique_ptr<Runtime>> make(Engine::Allocation allocation) const;
  // Makes it unless it is there.
  [[nodiscard]] Result<Runtime*> need(std::unique_ptr<Runtime>& runtime,
                                      Engine::Allocation allocation) const;

  std::size_t instances_max_;
  std::unique_ptr<Runtime> pool_;
  std::unique_ptr<Runtime> on_demand_;
  std::unique_ptr<Runtime> slots_;
};

}  // namespace wagi::engine
