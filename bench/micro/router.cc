// Measures how the route of a path is found.
#include "routing/router.h"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "micro.h"

namespace wagi::micro {
namespace {

constexpr std::size_t kPathsMax = 64;  // Taken in turn, too many for a branch predictor.

// Half of the routes are for one path, half for all paths below theirs; every path has a route.
void match(benchmark::State& state, std::size_t routes) {
  std::vector<routing::Pattern> patterns;
  std::vector<std::string> paths;
  const std::size_t stride = std::max<std::size_t>(routes / kPathsMax, 1) | 1;
  for (std::size_t i = 0; i < routes; ++i) {
    const std::string base = "/service/" + std::to_string(i);
    const bool is_prefix = i % 2 != 0;
    patterns.push_back(routing::Pattern::parse(is_prefix ? base + "/..." : base).value());
    if (i % stride == 0) paths.push_back(is_prefix ? base + "/articles/2026" : base);
  }
  const routing::Router router(std::move(patterns));
  std::size_t next = 0;
  for (auto _ : state) {
    const auto found = router.match(paths[next]);
    if (!found) std::abort();
    benchmark::DoNotOptimize(*found);
    if (++next == paths.size()) next = 0;
  }
}

}  // namespace

std::vector<Benchmark> routerBenchmarks() {
  return {{"router/10", [](auto& state) { match(state, 10); }},
          {"router/10000", [](auto& state) { match(state, 10'000); }}};
}

}  // namespace wagi::micro
