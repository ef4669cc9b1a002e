// Fuzzes the reader of a `_routes` function's output, and the router. The first line of an input is
// a parent route and a path, the rest the output. The router must find the pattern that trying them
// in order finds.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/fuzzing.h"
#include "routing/router.h"
#include "routing/routes_output.h"

using namespace wagi::routing;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  const std::string_view route = line.substr(0, line.find(' '));
  const std::string_view path = line.substr(std::min(route.size() + 1, line.size()));

  const auto parent = Pattern::parse(route);
  if (!parent) return 0;
  auto routes = parseRoutesOutput(text, *parent);
  if (!routes) return 0;

  std::vector<Pattern> patterns;
  for (Subroute& subroute : *routes) patterns.push_back(std::move(subroute.pattern));
  std::size_t first = 0;
  while (first < patterns.size() && !patterns[first].matches(path)) ++first;
  const Router router(patterns);
  wagi::require(router.match(path).value_or(patterns.size()) == first);
  return 0;
}
