// Reads the subroutes that a module's `_routes` function printed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "routing/pattern.h"

namespace wagi::routing {

inline constexpr std::size_t kSubroutesMax = 10'000;  // How many one module may have.

struct Subroute {
  Pattern pattern;         // The parent's route with the subpath behind it.
  std::string entrypoint;  // The exported function that answers there.
};

// Reads lines of `SUBPATH FUNCTION`; empty ones are skipped. The result is in the order in which
// the routes are to be tried, the last line first; the parent's own route comes after all of them.
// Fails, quoting the line, for one that isn't two words or whose subpath makes no route, and where
// there is none at all.
[[nodiscard]] Result<std::vector<Subroute>> parseRoutesOutput(std::string_view text,
                                                              const Pattern& parent);

}  // namespace wagi::routing
