// Fuzzes the reader of manifests. What it reads must name digests and be within the limits, and
// what it refuses must have a reason. The first byte of an input chooses the Content-Type.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/fuzzing.h"
#include "supply/oci/image_config.h"
#include "supply/oci/manifest.h"

using wagi::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wagi::oci;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view type = data[0] == 'i'   ? "application/vnd.oci.image.index.v1+json"
                                : data[0] == 'm' ? kManifestType
                                                 : bytes;
  for (const std::string& path : programsIn(bytes)) {
    require(!path.empty() && !("/" + path + "/").contains("/../") && !path.starts_with('/'));
  }
  const auto manifest = parseManifest(bytes, type);
  if (!manifest) {
    require(!manifest.error().message.empty());
    return 0;
  }
  require(manifest->descriptors.size() <= kDescriptorsMax);
  for (const Descriptor& descriptor : manifest->descriptors) {
    require(wagi::store::parseDigest(descriptor.digest) == descriptor.digest);
  }
  if (manifest->is_index) {
    if (const auto chosen = chooseManifest(*manifest); !chosen) {
      require(!chosen.error().message.empty());
    }
    return 0;
  }
  const auto layout = layoutOf(*manifest);
  if (!layout) {
    require(!layout.error().message.empty());
    return 0;
  }
  require(!layout->layers.empty());
  std::uint64_t total = 0;
  for (const Descriptor& layer : layout->layers) total += layer.size;
  require(total <= kLayerBytesMax);
  return 0;
}
