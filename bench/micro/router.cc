// Measures how the site of a host and the route of a path are found.
#include "routing/router.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "micro.h"
#include "routing/hosts.h"

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

std::vector<routing::Pattern> patternsOfSite() {
  constexpr std::size_t kRoutes = 10;
  std::vector<routing::Pattern> patterns;
  for (std::size_t i = 0; i < kRoutes; ++i) {
    const std::string base = "/service/" + std::to_string(i);
    patterns.push_back(routing::Pattern::parse(i % 2 != 0 ? base + "/..." : base).value());
  }
  return patterns;
}

// The site of a host, then the route of a path, as a worker finds them.
void matchSite(benchmark::State& state, std::size_t sites) {
  routing::HostTable hosts;
  std::vector<routing::Router> routers;
  std::vector<std::string> asked;
  const std::size_t stride = std::max<std::size_t>(sites / kPathsMax, 1) | 1;
  for (std::size_t i = 0; i < sites; ++i) {
    const std::string host = "site-" + std::to_string(i) + ".example.com";
    hosts.add(host, i);
    routers.emplace_back(patternsOfSite());
    if (i % stride == 0) asked.push_back(host);
  }
  std::size_t next = 0;
  for (auto _ : state) {
    const auto site = hosts.find(asked[next]);
    if (!site) std::abort();
    const auto found = routers[*site].match("/service/7/articles/2026");
    if (!found) std::abort();
    benchmark::DoNotOptimize(*found);
    if (++next == asked.size()) next = 0;
  }
}

}  // namespace

std::vector<Benchmark> routerBenchmarks() {
  return {{"router/10", [](auto& state) { match(state, 10); }},
          {"router/10000", [](auto& state) { match(state, 10'000); }},
          {"sites/1x10", [](auto& state) { matchSite(state, 1); }},
          {"sites/10000x10", [](auto& state) { matchSite(state, 10'000); }}};
}

}  // namespace wagi::micro
