// Loads a module from its file: its compiled code comes from the cache, or is compiled now.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "guest/engine/runtimes.h"
#include "supply/artifact/cache.h"

namespace wagi::artifact {

// The largest module's file that is read.
inline constexpr std::uint64_t kModuleBytesMax = 1ULL << 30;

// The binary form of the module at `path`, which may be text. The error names the file and says
// what it is instead.
[[nodiscard]] Result<std::string> readBinary(const std::string& path);
// Like readBinary(), for the bytes of that file.
[[nodiscard]] Result<std::string> toBinary(std::string bytes, const std::string& path);

struct Loaded {
  engine::Module module;
  std::string code;    // Path of the compiled code.
  std::string digest;  // SHA-256 of the binary form, in hex.
};

// Events of which load() tells its caller.
enum class LoadNews {
  kCompiling,  // The code isn't in the cache: the compiler starts, which takes up to minutes.
  kCacheFull,  // load() is about to fail; Cache::makeOverflow() helps.
};

// Loads the module at `path`, of which `wasm` is the binary form.
[[nodiscard]] Result<Loaded> load(engine::Runtimes& runtimes, const Cache& cache,
                                  const std::string& wasm, const std::string& path,
                                  const std::function<void(LoadNews)>& on_news);

// Binds the imports of the module from `path`. The error names the file, the import and its module.
[[nodiscard]] Result<void> bind(engine::Module& module, const engine::Runtimes& runtimes,
                                const std::string& path);

}  // namespace wagi::artifact
