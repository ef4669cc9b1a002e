// Reads manifests and indexes of the OCI image specification, and Docker's, and finds the module
// in them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "supply/store/store.h"

namespace wagi::oci {

inline constexpr std::uint64_t kManifestBytesMax = 4 << 20;  // The limit of most registries.
inline constexpr std::size_t kDescriptorsMax = 4'096;
inline constexpr std::uint64_t kLayerBytesMax = 1ULL << 30;  // For all layers of an image together.

inline constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kWasmConfigType = "application/vnd.wasm.config.v0+json";
inline constexpr std::string_view kWasmLayerType = "application/wasm";
// The annotation that gives a layer the name of its file.
inline constexpr const char* kTitleAnnotation = "org.opencontainers.image.title";

// The Accept with which a registry is asked for a manifest.
[[nodiscard]] std::string acceptedManifests();

// A reference to a blob or manifest (OCI image specification, "Content Descriptors").
struct Descriptor {
  std::string media_type;
  store::Digest digest;
  std::uint64_t size = 0;
  std::map<std::string, std::string> annotations{};
  std::string os{}, architecture{};  // An index says these of its manifests; else they are empty.
};

struct Manifest {
  bool is_index = false;
  Descriptor config;                    // Set for an image only.
  std::vector<Descriptor> descriptors;  // The layers of an image, or the manifests of an index.
};

// `content_type` is the registry's. Where it isn't one of a manifest, as with "application/json",
// the manifest's own mediaType counts. The error says what came instead of a manifest.
[[nodiscard]] Result<Manifest> parseManifest(std::string_view bytes, std::string_view content_type);

// The manifest in an index that is for WASI, or the only one. The error lists the platforms there.
[[nodiscard]] Result<Descriptor> chooseManifest(const Manifest& index);

// Where an image keeps its module. Tools give layers types of all kinds, so only a type that means
// modules is believed; in an image without one, the first layer that begins as a module is it.
struct Layout {
  // Says where the module is, if no layer begins as one.
  enum class Kind {
    kModule,          // layers[0] is the module, says its type.
    kRootFilesystem,  // All layers are tar archives, say their types; a file in them is the module.
    kUnknown,         // Nothing: such an image has no module.
  } kind = Kind::kModule;
  std::vector<Descriptor> layers;  // In the order in which they are fetched.
  std::size_t others = 0;          // Further layers that may be modules, which aren't served.
  std::string types;               // The types of all layers, for a message.
};
// The error says what kind of image it is, if it is one that isn't served.
[[nodiscard]] Result<Layout> layoutOf(const Manifest& image);

}  // namespace wagi::oci
