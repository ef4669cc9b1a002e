// How much of the machine this process may use.
#pragma once

#include <cstddef>

namespace wagi::runner {

// Takes as many descriptors as the hard limit lets it: every connection and every compiled module
// is one, and the usual soft limit is 1,024. Workers inherit it.
void raiseDescriptorLimit();

// The cores that this process may use, by its affinity and its cgroup's quota.
[[nodiscard]] std::size_t coresAvailable();

}  // namespace wagi::runner
