#include "supply/artifact/step_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/sha256.h"
#include "guest/engine/code.h"
#include "guest/engine/engine.h"

namespace wagi::artifact {
namespace {

constexpr std::string_view kCompile = "code";
constexpr std::string_view kInspect = "note";
constexpr auto kSteps = std::to_array<std::string_view>({kCompile, kInspect});

}  // namespace

std::string StepKey::fileName() const {
  const std::string suffix = revision == 0 ? "" : fmt::format("-r{}", revision);
  return fmt::format("{}-{}{}.{}", input, settings, suffix, step);
}

StepKey compileKey(std::string wasm_digest) {
  return {.step = kCompile,
          .revision = engine::kTransformRevision,
          .input = std::move(wasm_digest),
          .settings = std::string(engine::Engine::fingerprint())};
}

StepKey inspectKey(std::string_view file) {
  return {.step = kInspect,
          .revision = engine::kTransformRevision,  // Since the result names the code.
          .input = sha256Hex(file),
          .settings = std::string(engine::Engine::fingerprint())};
}

bool isStepResult(std::string_view file_name) {
  const std::size_t dot = file_name.rfind('.');
  return dot != std::string_view::npos &&
         std::ranges::find(kSteps, file_name.substr(dot + 1)) != kSteps.end();
}

}  // namespace wagi::artifact
