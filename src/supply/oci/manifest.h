// Manifests and indexes of the OCI image specification, Docker's too, and where in them a module
// is.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "supply/store/store.h"

namespace wagi::oci {

inline constexpr std::uint64_t kManifestBytesMax = 4 << 20;  // As registries have it.
inline constexpr std::size_t kDescriptorsMax = 4'096;
inline constexpr std::uint64_t kLayerBytesMax = 1ULL << 30;  // Of one, and of all of an image.

inline constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kWasmConfigType = "application/vnd.wasm.config.v0+json";
inline constexpr std::string_view kWasmLayerType = "application/wasm";

// What a registry is asked for.
[[nodiscard]] std::string acceptedManifests();

struct Descriptor {
  std::string media_type;
  store::Digest digest;
  std::uint64_t size = 0;
  std::map<std::string, std::string> annotations{};
  std::string os{}, architecture{};  // Of an index's manifests; empty where it isn't said.
};

struct Manifest {
  bool is_index = false;
  Descriptor config;                    // Of an image.
  std::vector<Descriptor> descriptors;  // Layers of an image, manifests of an index.
};

// `content_type` is what the registry says it is; where that says nothing of manifests, as with
// "application/json", it is what it calls itself. The error says what came instead of a manifest.
[[nodiscard]] Result<Manifest> parseManifest(std::string_view bytes, std::string_view content_type);

// The manifest in an index that is for WASI, or the only one. The error lists what there is.
[[nodiscard]] Result<Descriptor> chooseManifest(const Manifest& index);

// Where an image keeps its module. Tools call layers what they like, so that only a type that means
// modules is believed: of all others the first layer that begins as a module is it.
struct Layout {
  enum class Kind {
    kModule,          // The bytes of layers[0], by their type.
    kRootFilesystem,  // Else a file in the tar archives on top of each other, by their types.
    kUnknown,         // Else nothing.
  } kind = Kind::kModule;
  std::vector<Descriptor> layers;  // In the order in which they are looked at.
  std::size_t others = 0;          // Further ones that may be modules, which aren't served.
  std::string types;               // Of all layers, for a message.
};
// The error says what it is, where it is none that is served.
[[nodiscard]] Result<Layout> layoutOf(const Manifest& image);

}  // namespace wagi::oci
