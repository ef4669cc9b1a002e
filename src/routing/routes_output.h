// What a module's `_routes` function printed, as routes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "routing/pattern.h"

namespace wagi::routing {

inline constexpr std::size_t kSubroutesMax = 10'000;  // Of one module.

struct Subroute {
  Pattern pattern;         // The parent's route with the subpath behind it.
  std::string entrypoint;  // The exported function that answers there.
};

// Each non-empty line is `SUBPATH FUNCTION`. The result is in the order in which the routes are to
// be tried: the last line first; the parent's own route comes after all of them. Fails, quoting the
// line, for a line that isn't two words or whose subpath makes no route, and when there is no line.
[[nodiscard]] Result<std::vector<Subroute>> parseRoutesOutput(std::string_view text,
                                                              const Pattern& parent);

}  // namespace wagi::routing
