// The one module in an ordinary image: the .wasm file that is left when the image's archives have
// been laid on top of each other. Nothing else is extracted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace wagi::oci {

// Of all archives of one image, unpacked.
struct ArchiveLimits {
  std::uint64_t unpacked_bytes_max = 2ULL << 30;
  std::size_t entries_max = 500'000;
  std::uint64_t module_bytes_max = 1ULL << 30;
};

// The .wasm files of a file system that layers change one after the other (whiteouts included:
// OCI image specification, "Image Layer Filesystem Changeset").
class ModulesInLayers {
 public:
  struct File {
    std::size_t layer = 0;
    std::uint64_t size = 0;
  };

  // One entry of the archive `layer`, which begins where the one before ended. The error says
  // which path can't be one.
  [[nodiscard]] Result<void> add(std::size_t layer, std::string_view path, bool is_folder,
                                 bool is_file, std::uint64_t size);
  // By their paths.
  [[nodiscard]] const std::map<std::string, File>& files() const { return files_; }

 private:
  void removeBelow(const std::string& folder, std::size_t layer);

  std::map<std::string, File> files_;
};

struct FoundModule {
  std::string path;  // In the image.
  store::Digest digest;
};

// Reads the archives (tar; plain, gzip or zstd), which are files of this machine, in their order,
// and puts the module into the store.
[[nodiscard]] Result<FoundModule> takeModule(const std::vector<std::string>& archives,
                                             const store::Store& store,
                                             const ArchiveLimits& limits);

}  // namespace wagi::oci
