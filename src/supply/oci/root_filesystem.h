// The module in an ordinary image: a file that is left when the image's archives have been laid on
// top of each other. Nothing else is extracted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "supply/oci/modules_in_layers.h"
#include "supply/store/store.h"

namespace wagi::oci {

// Of all archives of one image, unpacked.
struct ArchiveLimits {
  std::uint64_t unpacked_bytes_max = 2ULL << 30;
  std::size_t entries_max = 500'000;
  std::uint64_t module_bytes_max = 1ULL << 30;
};

// Reads the archives (tar; plain, gzip or zstd), which are files of this machine, in their order.
[[nodiscard]] Result<ModulesInLayers> modulesIn(const std::vector<std::string>& archives,
                                                const ArchiveLimits& limits);

struct TakenModule {
  store::Digest digest;
  bool is_new = false;  // The store didn't have it.
};

// Puts that file into the store. REQUIRES: `path` is among those that were found in these archives.
[[nodiscard]] Result<TakenModule> takeModule(const std::vector<std::string>& archives,
                                             const ModulesInLayers& found, const std::string& path,
                                             const store::Store& store,
                                             const ArchiveLimits& limits);

}  // namespace wagi::oci
