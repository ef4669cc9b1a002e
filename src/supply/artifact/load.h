// From a module's file to its compiled code, loaded: through the cache, or compiled on the spot.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "guest/engine/module.h"
#include "supply/artifact/cache.h"

namespace wagi::artifact {

// Of a module's file.
inline constexpr std::uint64_t kModuleBytesMax = 1ULL << 30;

// The binary form of the module at `path`, which may be text. The error names the file and says
// what it is instead.
[[nodiscard]] Result<std::string> readBinary(const std::string& path);
// The same of the bytes of that file.
[[nodiscard]] Result<std::string> toBinary(std::string bytes, const std::string& path);

struct Loaded {
  engine::Module module;
  std::string code;  // Path of the compiled code.
};

// What load() has to say while it is at it.
enum class LoadNews {
  kCompiling,  // The code isn't in the cache: the compiler starts, which takes up to minutes.
  kCacheFull,  // Then it fails: Cache::makeOverflow() helps.
};

// `wasm` is the binary form of the module at `path`. `engine` allocates on demand: the pool refuses
// what is too large for it.
[[nodiscard]] Result<Loaded> load(const engine::Engine& engine, const Cache& cache,
                                  const std::string& wasm, const std::string& path,
                                  const std::function<void(LoadNews)>& on_news);

// Binds the imports of the module from `path`. The error names the file, the import and its module.
[[nodiscard]] Result<void> bind(engine::Module& module, const engine::Host& host,
                                const std::string& path);

}  // namespace wagi::artifact
