#include "supply/artifact/load.h"

#include <fmt/format.h>

#include <string_view>

#include "base/sha256.h"
#include "guest/engine/code.h"
#include "supply/artifact/file_kind.h"

namespace wagi::artifact {
namespace {

constexpr auto kNoFeatures = "; no flag of wagi enables this: build the module without it";

// Whether Wasmtime refuses a module for a proposal that isn't enabled.
bool namesAFeature(std::string_view reason) {
  return reason.contains("enabled") || reason.contains("disabled");
}

}  // namespace

Result<std::string> readBinary(const std::string& path) {
  auto bytes = readFile(path, kModuleBytesMax);
  return bytes ? toBinary(*std::move(bytes), path) : bytes;
}

Result<std::string> toBinary(std::string bytes, const std::string& path) {
  switch (fileKindOf(bytes)) {
    case FileKind::kModule:
      if (const std::string fault = describe(bytes); !fault.empty()) {
        return fail(fmt::format("{} can't be used: it is {}", path, fault));
      }
      return bytes;
    case FileKind::kText: {
      auto binary = engine::textToBinary(bytes);
      if (!binary) {
        return fail(
            fmt::format("{} isn't valid WebAssembly text: {}", path, binary.error().message));
      }
      // The text may have been that of a component.
      if (const std::string fault = describe(*binary); !fault.empty()) {
        return fail(fmt::format("{} can't be used: it is {}", path, fault));
      }
      return binary;
    }
    case FileKind::kOther:
      break;
  }
  return fail(fmt::format("{} isn't a WebAssembly module: it is {}", path, describe(bytes)));
}

Result<Loaded> load(engine::Runtimes& runtimes, const Cache& cache, const std::string& wasm,
                    const std::string& path, const std::function<void(LoadNews)>& on_news) {
  std::string digest = sha256Hex(wasm);
  const StepKey key = compileKey(digest);
  if (auto code = cache.find(key)) {
    // The engine refuses another processor's code, with other features; it is replaced below.
    if (auto loaded = runtimes.load(*code)) {
      return Loaded{std::move(loaded->module), *std::move(code), std::move(digest)};
    }
  }
  on_news(LoadNews::kCompiling);
  const auto compiler = runtimes.compiler();
  if (!compiler) return std::unexpected(compiler.error());
  const auto compiled = engine::compile(**compiler, wasm);
  if (!compiled) {
    const std::string& reason = compiled.error().message;
    return fail(fmt::format("{} isn't a valid WebAssembly module: {}{}", path, reason,
                            namesAFeature(reason) ? kNoFeatures : ""));
  }
  auto code = cache.store(key, *compiled);
  if (!code) {
    if (code.error().is_full) on_news(LoadNews::kCacheFull);
    return fail(std::move(code.error().message));
  }
  auto loaded = runtimes.load(*code);
  if (!loaded) {
    return fail(fmt::format("{} can't be loaded: {}", path, loaded.error().message));
  }
  return Loaded{std::move(loaded->module), *std::move(code), std::move(digest)};
}

Result<void> bind(engine::Module& module, const engine::Runtimes& runtimes,
                  const std::string& path) {
  if (auto bound = runtimes.bind(module); !bound) {
    return fail(fmt::format("{} can't be bound: {}", path, bound.error().message));
  }
  return {};
}

}  // namespace wagi::artifact
