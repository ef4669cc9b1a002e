#include "supply/oci/push.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cassert>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/sha256.h"
#include "supply/oci/manifest.h"
#include "supply/oci/registry.h"

namespace wagi::oci {
namespace {

using Json = nlohmann::json;

}  // namespace

Result<Pushed> push(const std::string& path, const std::string& title, const Reference& reference,
                    const Access& access, const fetch::Progress& progress) {
  assert(!reference.tag.empty() && !reference.digest);
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return fail(fmt::format("can't read {}: {}", path, std::strerror(errno)));
  }
  const auto digest = store::digestOf(path);
  if (!digest) return std::unexpected(digest.error());
  const std::string layer_digest = "sha256:" + *digest;
  const std::string config = Json{
      {"created", fmt::format("{:%FT%TZ}", fmt::gmtime(status.st_mtime))},
      {"architecture", "wasm"},
      {"os", "wasip1"},
      {"layerDigests",
       {layer_digest}}}.dump();
  const std::string config_digest = sha256Hex(config);
  const Json manifest{{"schemaVersion", 2},
                      {"mediaType", kManifestType},
                      {"config",
                       {{"mediaType", kWasmConfigType},
                        {"digest", "sha256:" + config_digest},
                        {"size", config.size()}}},
                      {"layers",
                       {{{"mediaType", kWasmLayerType},
                         {"digest", layer_digest},
                         {"size", status.st_size},
                         {"annotations", {{kTitleAnnotation, title}}}}}}};

  Registry registry(reference, access);
  const auto failed = [&](const RegistryError& error) {
    return fail(fmt::format("{}: {}", reference.text(), error.message));
  };
  const auto layer = registry.upload({.digest = *digest, .file = path}, progress);
  if (!layer) return failed(layer.error());
  const auto uploaded = registry.upload({.digest = config_digest, .bytes = config}, {});
  if (!uploaded) return failed(uploaded.error());
  const std::string bytes = manifest.dump(-1, ' ', false, Json::error_handler_t::replace);
  const auto put = registry.putManifest(reference.tag, kManifestType, bytes);
  if (!put) return failed(put.error());
  return Pushed{sha256Hex(bytes), *layer == Registry::Uploaded::kBefore};
}

}  // namespace wagi::oci
