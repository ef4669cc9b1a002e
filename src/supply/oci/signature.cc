#include "supply/oci/signature.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"
#include "base/file.h"
#include "base/printable.h"
#include "base/sha256.h"
#include "supply/oci/json.h"
#include "supply/trust/payload.h"

namespace wagi::oci {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kPayloadType = "application/vnd.dev.cosign.simplesigning.v1+json";
constexpr std::string_view kConfigType = "application/vnd.oci.image.config.v1+json";
constexpr const char* kAnnotation = "dev.cosignproject.cosign/signature";
constexpr std::size_t kSignaturesMax = 100;

std::string tagOf(const store::Digest& digest) { return fmt::format("sha256-{}.sig", digest); }

// The layers of a manifest that are signatures.
Result<std::vector<Descriptor>> layersOf(std::string_view bytes, std::string_view media_type) {
  auto manifest = parseManifest(bytes, media_type);
  if (!manifest) return fail("its signatures: " + manifest.error().message);
  std::vector<Descriptor> layers;
  for (Descriptor& layer : manifest->descriptors) {
    const bool is_signature = !manifest->is_index && layer.media_type == kPayloadType &&
                              layer.annotations.contains(kAnnotation);
    if (!is_signature || layer.size > trust::kPayloadBytesMax) continue;
    layers.push_back(std::move(layer));
  }
  if (layers.size() > kSignaturesMax) {
    return fail(
        fmt::format("it has {} signatures, over the limit of {}", layers.size(), kSignaturesMax));
  }
  return layers;
}

// Adds the signature of a layer. One that isn't Base64 is left out, which doesn't harm the others.
void add(Signatures& signatures, const Descriptor& layer, std::string payload) {
  signatures.blobs.push_back(layer.digest);
  auto bytes = decodeBase64(layer.annotations.at(kAnnotation));
  if (bytes) signatures.list.push_back({std::move(payload), *std::move(bytes)});
}

Json describe(std::string_view media_type, const std::string& bytes) {
  return {
      {"mediaType", media_type}, {"digest", "sha256:" + sha256Hex(bytes)}, {"size", bytes.size()}};
}

// The configuration that cosign writes: of an image whose file system is the payloads.
std::string configOf(const Json& layers) {
  Json digests = Json::array();
  for (const Json& layer : layers) digests.push_back(layer.at("digest"));
  return Json{{"architecture", ""},
              {"config", Json::object()},
              {"created", "0001-01-01T00:00:00Z"},
              {"history", Json::array({{{"created", "0001-01-01T00:00:00Z"}}})},
              {"os", ""},
              {"rootfs", {{"type", "layers"}, {"diff_ids", digests}}}}
      .dump();
}

Error about(const Reference& reference, const std::string& message) {
  return {fmt::format("{}: {}", reference.text(), printable(message, kMessageBytesMax))};
}

}  // namespace

Reference signaturesOf(const Reference& reference, const store::Digest& digest) {
  return {reference.registry, reference.repository, tagOf(digest)};
}

RegistryResult<Signatures> fetchSignatures(Registry& registry, const store::Digest& digest,
                                           const store::Store& store) {
  auto manifest = registry.manifest(tagOf(digest));
  if (!manifest && manifest.error().kind == RegistryError::Kind::kNotFound) return Signatures{};
  if (!manifest) return std::unexpected(std::move(manifest.error()));
  const auto layers = layersOf(manifest->bytes, manifest->media_type);
  if (!layers) return std::unexpected(RegistryError(layers.error()));
  const auto kept = store.put(manifest->bytes);
  if (!kept) return std::unexpected(RegistryError(kept.error()));
  Signatures signatures{.list = {}, .blobs = {*kept}};
  for (const Descriptor& layer : *layers) {
    const auto path = registry.blob(layer, store, {});
    if (!path) return std::unexpected(path.error());
    auto payload = readFile(*path, trust::kPayloadBytesMax);
    if (!payload) return std::unexpected(RegistryError(payload.error()));
    add(signatures, layer, *std::move(payload));
  }
  return signatures;
}

Result<Signatures> readSignatures(const store::Digest& manifest, const store::Store& store) {
  const auto read = [&](const store::Digest& digest) -> Result<std::string> {
    const auto path = store.find(digest);
    if (!path) return fail("a signature isn't in the store any more");
    return readFile(*path, kManifestBytesMax);
  };
  const auto bytes = read(manifest);
  if (!bytes) return std::unexpected(bytes.error());
  const auto layers = layersOf(*bytes, kManifestType);
  if (!layers) return std::unexpected(layers.error());
  Signatures signatures{.list = {}, .blobs = {manifest}};
  for (const Descriptor& layer : *layers) {
    auto payload = read(layer.digest);
    if (!payload) return std::unexpected(std::move(payload.error()));
    add(signatures, layer, *std::move(payload));
  }
  return signatures;
}

Result<Signed> sign(const Reference& reference, const trust::PrivateKey& key, const Access& access,
                    const store::Store& store, store::Digest& digest) {
  const auto failed = [&](const RegistryError& error) {
    return std::unexpected(about(reference, error.message));
  };
  Registry registry(reference, access);
  const auto manifest = registry.manifest(reference.target());
  if (!manifest) return failed(manifest.error());
  digest = manifest->digest;
  const std::string full_digest = "sha256:" + digest;

  Json layers = Json::array();
  const auto before = registry.manifest(tagOf(digest));
  if (before) {
    const auto signatures = fetchSignatures(registry, digest, store);
    if (!signatures) return failed(signatures.error());
    for (const trust::Signature& signature : signatures->list) {
      if (key.publicKey().verifies(signature.payload, signature.bytes) &&
          trust::checkPayload(signature.payload, full_digest)) {
        return Signed::kBefore;
      }
    }
    const Json json = parseJson(before->bytes);
    const auto found = json.find("layers");
    if (found != json.end() && found->is_array()) layers = *found;
  } else if (before.error().kind != RegistryError::Kind::kNotFound) {
    return failed(before.error());
  }

  const std::string payload = trust::makePayload(reference.name(), full_digest);
  const auto signature = key.sign(payload);
  if (!signature) return std::unexpected(signature.error());
  Json layer = describe(kPayloadType, payload);
  layer["annotations"] = {{kAnnotation, encodeBase64(*signature)}};
  layers.push_back(std::move(layer));
  const std::string config = configOf(layers);
  const Json signed_manifest{{"schemaVersion", 2},
                             {"mediaType", kManifestType},
                             {"config", describe(kConfigType, config)},
                             {"layers", layers}};
  for (const std::string* bytes : {&payload, &config}) {
    const auto uploaded = registry.upload({.digest = sha256Hex(*bytes), .bytes = *bytes}, {});
    if (!uploaded) return failed(uploaded.error());
  }
  const auto put = registry.putManifest(tagOf(digest), kManifestType, signed_manifest.dump());
  if (!put) return failed(put.error());
  return Signed::kNow;
}

}  // namespace wagi::oci
