// Rules for the values of a [[module]], whoever wrote them: asked by the reader of a file, and by
// the check of an application that came as values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace wagi::config {

// Each is a descriptor in every worker, and one more in each instance that lists it.
inline constexpr std::size_t kVolumesMax = 64;
// Each request is held against all of them.
inline constexpr std::size_t kAllowedHostsMax = 1'000;
// Each answer that a guest holds may be a connection of its worker.
inline constexpr std::uint64_t kHttpConcurrencyMax = 1'000;
// Wagi's files may have any number of 32 bits; what is over kHttpConcurrencyMax becomes that.
inline constexpr std::uint64_t kHttpConcurrencyWrittenMax = UINT32_MAX;
inline constexpr std::uint64_t kConcurrencyMax = UINT32_MAX;  // `concurrency_max`

[[nodiscard]] Result<void> checkRoute(std::string_view route);
// Why no request reaches a route that checkRoute() accepts, each reason for itself.
[[nodiscard]] std::vector<std::string> warningsOfRoute(std::string_view route);
// A guest's path of a volume beside those of `others`.
[[nodiscard]] Result<void> checkGuestPath(std::string_view path, const std::vector<Volume>& others);
[[nodiscard]] Result<void> checkAllowedHost(std::string_view text);
// The warning of an `http_max_concurrency` that is cut to the most.
[[nodiscard]] std::string concurrencyIsCut(std::uint64_t given);

// A warning for each route that a module of the same site before has too. `table` is what a module
// is called beside its line: "[[module]]".
[[nodiscard]] std::vector<Diagnostic> warningsOfEqualRoutes(const std::vector<Module>& modules,
                                                            std::string_view table);

}  // namespace wagi::config
