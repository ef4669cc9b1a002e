// Finds the module in an ordinary image: one of the files that are left when the image's layers,
// tar archives, have replaced each other's. Nothing else is extracted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "supply/oci/modules_in_layers.h"
#include "supply/store/store.h"

namespace wagi::oci {

// Bounds on all archives of one image together.
struct ArchiveLimits {
  std::uint64_t unpacked_bytes_max = 2ULL << 30;
  std::size_t entries_max = 500'000;
  std::uint64_t module_bytes_max = 1ULL << 30;
};

// Lists the modules in archives (tar; plain, gzip or zstd), given as paths, lowest layer first.
[[nodiscard]] Result<ModulesInLayers> modulesIn(const std::vector<std::string>& archives,
                                                const ArchiveLimits& limits);

struct TakenModule {
  store::Digest digest;
  bool is_new = false;  // Whether the store didn't have it before.
};

// Puts the file `path` into the store. REQUIRES: modulesIn() found it in these archives.
[[nodiscard]] Result<TakenModule> takeModule(const std::vector<std::string>& archives,
                                             const ModulesInLayers& found, const std::string& path,
                                             const store::Store& store,
                                             const ArchiveLimits& limits);

}  // namespace wagi::oci
