// Finds out what has to be known about a module before requests reach it, and compiles it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "guest/engine/code_file.h"
#include "supply/artifact/cache.h"
#include "supply/artifact/confine.h"

namespace wagi::artifact {

// Bounds on a run of `_routes`.
struct RoutesLimits {
  std::chrono::milliseconds wall_max{10'000};
  std::uint64_t memory_bytes_max = 128ULL << 20;
  std::size_t output_bytes_max = 1 << 20;
};

// A module to inspect. It is tried whether instances start with each of the memory limits, where 0
// is no limit. Without any, no instance is tried and `_routes` isn't run.
struct InspectionRequest {
  std::string path;
  std::set<std::uint64_t> memory_bytes_max{};
};

// The result of inspect().
struct Inspection {
  std::string code;                   // Path of the compiled code.
  std::vector<std::string> commands;  // Exported functions without parameters and results.
  std::vector<std::string> others;    // The other exported functions.
  std::optional<std::string> routes;  // The output of its `_routes`, if it has one.
  // For each memory limit of InspectionRequest the reason why no instance starts with it; "" where
  // one does.
  std::map<std::uint64_t, std::string> starts;
  engine::Instances instances = engine::Instances::kPooled;  // The best way to make instances.
  std::string why_not_kept = {};  // Why that isn't kKept; empty if it is.

  [[nodiscard]] std::string serialize() const;
  [[nodiscard]] static Result<Inspection> deserialize(std::string_view bytes);
};

// The phase that an inspection is in.
enum class Phase : char {
  kFetching = 'f',
  kLoading = 'l',
  kCompiling = 'c',
  kCacheFull = 's',  // The inspection fails after this; Cache::makeOverflow() helps.
  kRoutes = 'r',
};

// The result of an earlier inspect() of the same bytes, if their code is still in the cache and
// this processor can run it; nullopt for a module with a `_routes`, which is run at each start.
// Runs no foreign code. `module` is the file's content.
[[nodiscard]] std::optional<Inspection> recall(const InspectionRequest& wanted,
                                               std::string_view module, const Cache& cache);

// Compiles the module if need be, checks its imports, makes instances and runs its `_routes`. May
// take minutes, and runs foreign code: first it gives up what confine.h says, for good. REQUIRES: a
// process of its own, which then ends. `on_phase` hears what it is at.
[[nodiscard]] Result<Inspection> inspect(const InspectionRequest& wanted, std::string module,
                                         const Cache& cache, const CompileLimits& limits,
                                         const RoutesLimits& routes,
                                         const std::function<void(Phase)>& on_phase);

}  // namespace wagi::artifact
