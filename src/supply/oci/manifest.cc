#include "supply/oci/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <set>
#include <span>

#include "supply/oci/json.h"

namespace wagi::oci {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kIndexType = "application/vnd.oci.image.index.v1+json";
constexpr std::string_view kDockerManifestType =
    "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::string_view kDockerIndexType =
    "application/vnd.docker.distribution.manifest.list.v2+json";
constexpr std::string_view kSpinConfigType = "application/vnd.fermyon.spin.application.v1+config";
// Types that mean a module. The last one means a component, but some tools give it to any file.
constexpr auto kModuleLayerTypes = std::to_array<std::string_view>(
    {kWasmLayerType, "application/vnd.wasm.content.layer.v1+wasm",
     "application/vnd.module.wasm.content.layer.v1+wasm", "application/vnd.w3c.wasm.module.v1+wasm",
     "application/vnd.bytecodealliance.wasm.component.layer.v0+wasm"});
constexpr auto kArchiveLayerTypes = std::to_array<std::string_view>(
    {"application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.v1.tar+gzip",
     "application/vnd.oci.image.layer.v1.tar+zstd",
     "application/vnd.oci.image.layer.nondistributable.v1.tar",
     "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
     "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
     "application/vnd.docker.image.rootfs.diff.tar",
     "application/vnd.docker.image.rootfs.diff.tar.gzip",
     "application/vnd.docker.image.rootfs.diff.tar.zstd",
     "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"});
constexpr auto kManifestTypes = std::to_array<std::string_view>(
    {kManifestType, kIndexType, kDockerManifestType, kDockerIndexType});

constexpr const char* kDockerReference = "vnd.docker.reference.type";  // Attestations have it.

bool isOneOf(std::string_view type, std::span<const std::string_view> types) {
  return std::ranges::find(types, type) != types.end();
}

// A media type without its parameters.
std::string_view bare(std::string_view type) {
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return type;
}

Result<Descriptor> readDescriptor(const Json& json, std::string_view what) {
  if (!json.is_object()) return fail(fmt::format("{} is no object", what));
  Descriptor descriptor{.media_type = textIn(json, "mediaType"), .digest = {}};
  const std::string digest = textIn(json, "digest");
  const auto parsed = digest.starts_with("sha256:") ? store::parseDigest(digest) : std::nullopt;
  if (!parsed) {
    return fail(fmt::format("{} has the digest '{}', expected sha256: and 64 hex digits", what,
                            digest.substr(0, 100)));
  }
  descriptor.digest = *parsed;
  const auto size = json.find("size");
  if (size == json.end() || !size->is_number_unsigned()) {
    return fail(fmt::format("{} has no size", what));
  }
  descriptor.size = size->get<std::uint64_t>();
  if (const auto annotations = json.find("annotations");
      annotations != json.end() && annotations->is_object()) {
    for (const auto& [key, value] : annotations->items()) {
      if (value.is_string()) descriptor.annotations.emplace(key, value.get<std::string>());
    }
  }
  if (const auto platform = json.find("platform");
      platform != json.end() && platform->is_object()) {
    descriptor.os = textIn(*platform, "os");
    descriptor.architecture = textIn(*platform, "architecture");
  }
  return descriptor;
}

// The manifest's media type: the registry's Content-Type, else the one that the manifest states.
// Fails where neither is that of a manifest, or both are and differ.
Result<std::string> typeOf(const Json& json, std::string_view content_type) {
  const std::string_view type = bare(content_type);
  std::string own = textIn(json, "mediaType");
  if (isOneOf(type, kManifestTypes)) {
    if (own.empty() || own == type) return std::string(type);
    return fail(fmt::format("the registry calls it {}, it calls itself {}", type, own));
  }
  if (isOneOf(own, kManifestTypes)) return own;
  return fail(fmt::format("expected a manifest ({}), got {}", kManifestType,
                          type.empty() ? "something without a type" : type));
}

// How well a manifest's platform fits, 0 best; nullopt where it isn't for WASI. Early tools wrote
// "linux" for images with modules.
std::optional<int> rankOf(const Descriptor& manifest) {
  if (manifest.architecture != "wasm" && manifest.architecture != "wasm32") return std::nullopt;
  if (manifest.os == "wasip1" || manifest.os == "wasi") return 0;
  if (manifest.os == "linux" || manifest.os.empty()) return 1;
  return std::nullopt;
}

// Whether the manifest only says something about another one of its index, as BuildKit's do.
bool isAttestation(const Descriptor& manifest) {
  return manifest.annotations.contains(kDockerReference) ||
         (manifest.os == "unknown" && manifest.architecture == "unknown");
}

bool isNamedAsModule(const Descriptor& layer) {
  const auto title = layer.annotations.find(kTitleAnnotation);
  return title != layer.annotations.end() && title->second.ends_with(".wasm");
}

}  // namespace

std::string acceptedManifests() { return fmt::format("{}", fmt::join(kManifestTypes, ", ")); }

Result<Manifest> parseManifest(std::string_view bytes, std::string_view content_type) {
  const Json json = parseJson(bytes);
  const auto type = typeOf(json, content_type);
  if (!type) return std::unexpected(type.error());
  if (!json.is_object()) return fail("expected a manifest, got something that is no JSON object");
  if (const auto version = json.find("schemaVersion"); version == json.end() || *version != 2) {
    return fail("expected a manifest with the schemaVersion 2");
  }
  // Refused, since one reader would take it for an image and another for an index.
  if (json.contains("layers") && json.contains("manifests")) {
    return fail("it has both `layers` and `manifests`, so it is neither an image nor an index");
  }
  Manifest manifest;
  manifest.is_index = *type == kIndexType || *type == kDockerIndexType;
  if (!manifest.is_index) {
    auto config = readDescriptor(json.value("config", Json()), "`config`");
    if (!config) return std::unexpected(std::move(config.error()));
    manifest.config = *std::move(config);
  }
  const char* key = manifest.is_index ? "manifests" : "layers";
  const auto list = json.find(key);
  if (list == json.end() || !list->is_array()) return fail(fmt::format("it has no `{}`", key));
  if (list->size() > kDescriptorsMax) {
    return fail(
        fmt::format("it has {} {}, over the limit of {}", list->size(), key, kDescriptorsMax));
  }
  for (const Json& item : *list) {
    auto descriptor = readDescriptor(item, fmt::format("{}[{}]", key, manifest.descriptors.size()));
    if (!descriptor) return std::unexpected(std::move(descriptor.error()));
    manifest.descriptors.push_back(*std::move(descriptor));
  }
  return manifest;
}

Result<Descriptor> chooseManifest(const Manifest& index) {
  std::set<std::string> platforms;
  std::vector<const Descriptor*> images;
  const Descriptor* chosen = nullptr;
  for (const Descriptor& manifest : index.descriptors) {
    if (isAttestation(manifest)) continue;
    images.push_back(&manifest);
    const auto rank = rankOf(manifest);
    if (rank && (chosen == nullptr || *rank < *rankOf(*chosen))) chosen = &manifest;
    if (!manifest.os.empty() || !manifest.architecture.empty()) {
      platforms.insert(fmt::format("{}/{}", manifest.os, manifest.architecture));
    }
  }
  // Some tools wrap a single manifest without a platform, or with the one that they run on.
  if (chosen == nullptr && images.size() == 1) chosen = images.front();
  if (chosen != nullptr) return *chosen;
  return fail(fmt::format(
      "expected an image for the platform wasi/wasm or wasip1/wasm, there is {}",
      platforms.empty() ? "none for any platform" : fmt::format("{}", fmt::join(platforms, ", "))));
}

Result<Layout> layoutOf(const Manifest& image) {
  if (image.config.media_type == kSpinConfigType) {
    return fail(
        "it is a Spin application, whose components and files aren't served yet; "
        "expected one core module");
  }
  if (image.descriptors.empty()) {
    return fail(fmt::format("expected a layer of the type {}, found no layers", kWasmLayerType));
  }
  std::vector<Descriptor> modules;
  std::size_t archives = 0;
  std::size_t named = 0;
  std::set<std::string> types;
  for (const Descriptor& layer : image.descriptors) {
    types.insert(layer.media_type.empty() ? "(none)" : layer.media_type);
    if (isOneOf(layer.media_type, kModuleLayerTypes)) modules.push_back(layer);
    if (isOneOf(layer.media_type, kArchiveLayerTypes)) ++archives;
    if (isNamedAsModule(layer)) ++named;
  }
  Layout layout{.layers = image.descriptors, .types = fmt::format("{}", fmt::join(types, ", "))};
  if (!modules.empty()) {
    layout.layers = {modules.front()};
    layout.others = modules.size() - 1;
  } else {
    layout.kind = archives == image.descriptors.size() ? Layout::Kind::kRootFilesystem
                                                       : Layout::Kind::kUnknown;
    layout.others = named > 0 ? named - 1 : 0;
    // Layers named .wasm come first, since nothing behind a module is fetched. Archives keep their
    // order, by which they replace each other's files.
    if (layout.kind == Layout::Kind::kUnknown) {
      layout.layers.clear();
      std::ranges::copy_if(image.descriptors, std::back_inserter(layout.layers), isNamedAsModule);
      std::ranges::remove_copy_if(image.descriptors, std::back_inserter(layout.layers),
                                  isNamedAsModule);
    }
  }
  std::uint64_t bytes = 0;
  for (const Descriptor& layer : layout.layers) {
    // A size over the limit isn't added, so that the sum can't overflow.
    if (layer.size <= kLayerBytesMax) bytes += layer.size;
    if (std::max(bytes, layer.size) > kLayerBytesMax) {
      return fail(fmt::format("its layers have {} bytes or more, over the limit of {}",
                              std::max(bytes, layer.size), kLayerBytesMax));
    }
  }
  return layout;
}

}  // namespace wagi::oci
