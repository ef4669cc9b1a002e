// Modules from text for tests, loaded for each of the ways to make instances.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/file.h"
#include "guest/engine/code.h"
#include "guest/engine/runtimes.h"
#include "guest/engine/sandbox.h"

namespace wagi::engine {

// How instances are made. A module whose instances can't be kept is a new one with kKept, and one
// whose data must stay in it is pooled with kKept and kNew.
enum class Way { kPooled, kOnDemand, kNew, kKept };

inline auto allWays() {
  return testing::Values(Way::kPooled, Way::kOnDemand, Way::kNew, Way::kKept);
}
inline std::string nameOfWay(const testing::TestParamInfo<Way>& way) {
  constexpr const char* kNames[] = {"Pooled", "OnDemand", "New", "Kept"};
  return kNames[static_cast<int>(way.param)];
}

class TestModules {
 public:
  explicit TestModules(Way way) : way_(way) {
    if (way == Way::kOnDemand) return;
    EXPECT_TRUE(runtimes_.makePool());
  }

  // Replaces the module of before. Its imports are bound, if that is to be.
  Module& load(const std::string& wat, bool bind = true) {
    kept_.clear();
    module_.reset();
    const auto wasm = textToBinary(wat);
    EXPECT_TRUE(wasm) << wasm.error().message;
    const bool transform = way_ == Way::kNew || way_ == Way::kKept;
    const auto code =
        compile(*runtimes_.compiler().value(), *wasm, transform ? Transform::kYes : Transform::kNo);
    EXPECT_TRUE(code) << code.error().message;
    const std::string path = folder_.path() + "/code";
    std::ofstream(path, std::ios::binary | std::ios::trunc) << *code;
    module_.emplace(std::move(runtimes_.load(path).value().module));
    if (bind) {
      EXPECT_TRUE(runtimes_.bind(*module_));
    }
    return *module_;
  }

  // The idle instances to give to an Instance; null where each run has a new one.
  KeptInstances* kept(const std::string& entrypoint) {
    if (way_ != Way::kKept) return nullptr;
    auto& kept = kept_[entrypoint];
    if (kept == nullptr) kept = std::make_unique<KeptInstances>(idle_, entrypoint);
    return kept.get();
  }

  [[nodiscard]] Module& module() { return *module_; }
  [[nodiscard]] Runtimes& runtimes() { return runtimes_; }
  [[nodiscard]] IdleInstances& idle() { return idle_; }

 private:
  const Way way_;
  TemporaryDirectory folder_ = TemporaryDirectory::create("wagi-engine-test-").value();
  Runtimes runtimes_{10};
  IdleInstances idle_{[](const std::string& owner) {
    ADD_FAILURE() << "an idle instance of " << owner << " isn't as a new one";
  }};
  std::optional<Module> module_;
  std::map<std::string, std::unique_ptr<KeptInstances>> kept_;
};

}  // namespace wagi::engine
