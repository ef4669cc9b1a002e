// For fuzz targets only.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <source_location>

namespace wagi {

// Ends the process as a finding, saying where it was called and `what` had to hold, unless `holds`.
inline void require(bool holds, const char* what = "",
                    const std::source_location& at = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%u: violated: %s\n", at.file_name(), static_cast<unsigned>(at.line()),
               what);
  std::abort();
}

}  // namespace wagi
