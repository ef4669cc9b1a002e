#include "supply/oci/image_module.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/unique_fd.h"
#include "supply/oci/image_config.h"
#include "supply/oci/root_filesystem.h"
#include "supply/oci/wasm.h"

namespace wagi::oci {
namespace {

std::string beginningOf(const std::string& path) {
  std::array<char, kModuleHeader.size()> bytes{};
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const ssize_t count = fd ? ::read(fd.get(), bytes.data(), bytes.size()) : 0;
  return {bytes.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

// Fails unless the file at `path` begins as a core module, whatever its type or name says.
Result<void> checkHeader(const std::string& path) {
  const std::string header = beginningOf(path);
  if (header == kModuleHeader) return {};
  if (header == kComponentHeader) {
    return fail(
        "it is a WebAssembly component (WASI 0.2 or later), which is not supported yet; "
        "expected a core module for WASI preview 1");
  }
  return fail(
      fmt::format("expected a WebAssembly module, it begins with {:02x}", fmt::join(header, " ")));
}

// The state of one call of fetchModule().
class ImageModule {
 public:
  ImageModule(const Manifest& image, Registry& registry, const store::Store& store,
              const fetch::Progress& progress)
      : image_(image), registry_(registry), store_(store), progress_(progress) {}

  RegistryResult<FetchedModule> run() {
    const auto layout = layoutOf(image_);
    if (!layout) return std::unexpected(RegistryError(layout.error()));
    auto digest = fetchLayers(*layout);
    const bool is_layer = digest && *digest;
    // Layers that came before the network failed stay, for the next try.
    if (!digest) return std::unexpected(std::move(digest.error()));
    if (!*digest) digest = withoutModule(*layout);
    // Blobs that were in the store before stay, since they are another's.
    for (const store::Digest& blob : fetched_) {
      if (!digest || blob != **digest) store_.drop(blob);
    }
    if (!digest) return std::unexpected(std::move(digest.error()));
    if (auto good = checkHeader(store_.find(**digest).value_or("")); !good) {
      if (is_new_) store_.drop(**digest);
      return std::unexpected(RegistryError(std::move(good.error())));
    }
    return FetchedModule{**digest, is_layer ? layout->others : 0};
  }

 private:
  using MaybeDigest = std::optional<store::Digest>;

  // Fetches layers up to the first that is a module. Returns its digest, or nullopt if none is.
  RegistryResult<MaybeDigest> fetchLayers(const Layout& layout) {
    for (const Descriptor& layer : layout.layers) {
      const bool is_new = !store_.find(layer.digest);
      auto path = registry_.blob(layer, store_, progress_);
      if (!path) return std::unexpected(std::move(path.error()));
      if (is_new) fetched_.push_back(layer.digest);
      if (layout.kind == Layout::Kind::kModule || beginningOf(*path).starts_with(kWasmMagic)) {
        is_new_ = is_new;
        return layer.digest;
      }
      paths_.push_back(*std::move(path));
    }
    return std::nullopt;
  }

  // Finds the module in layers none of which is one: in their archives. REQUIRES: all were fetched.
  RegistryResult<MaybeDigest> withoutModule(const Layout& layout) {
    if (layout.kind == Layout::Kind::kUnknown) {
      return std::unexpected(RegistryError(
          Error{fmt::format("expected a layer of the type {}, or one that begins as a module, "
                            "found {}",
                            kWasmLayerType, layout.types)}));
    }
    const auto found = modulesIn(paths_, kLimits);
    if (!found) return std::unexpected(RegistryError(found.error()));
    std::vector<std::string> programs;
    if (found->modules().size() > 1) {
      auto named = programsOfImage();
      if (!named) return std::unexpected(std::move(named.error()));
      programs = *std::move(named);
    }
    const auto path = chooseModule(*found, programs);
    if (!path) return std::unexpected(RegistryError(path.error()));
    auto taken = takeModule(paths_, *found, *path, store_, kLimits);
    if (!taken) return std::unexpected(RegistryError(std::move(taken.error())));
    is_new_ = taken->is_new;
    return std::move(taken->digest);
  }

  RegistryResult<std::vector<std::string>> programsOfImage() {
    const Descriptor& config = image_.config;
    if (config.size > kImageConfigBytesMax) {
      return std::unexpected(
          RegistryError(Error{fmt::format("its configuration has {} bytes, over the limit of {}",
                                          config.size, kImageConfigBytesMax)}));
    }
    if (!store_.find(config.digest)) fetched_.push_back(config.digest);
    const auto path = registry_.blob(config, store_, {});
    if (!path) return std::unexpected(path.error());
    const auto text = readFile(*path, kImageConfigBytesMax);
    if (!text) return std::unexpected(RegistryError(text.error()));
    return programsIn(*text);
  }

  static constexpr ArchiveLimits kLimits{};

  const Manifest& image_;
  Registry& registry_;
  const store::Store& store_;
  const fetch::Progress& progress_;
  std::vector<std::string> paths_;      // The fetched layers that aren't modules.
  std::vector<store::Digest> fetched_;  // Blobs that weren't in the store before.
  bool is_new_ = false;                 // Whether the module wasn't.
};

}  // namespace

RegistryResult<FetchedModule> fetchModule(const Manifest& image, Registry& registry,
                                          const store::Store& store,
                                          const fetch::Progress& progress) {
  return ImageModule(image, registry, store, progress).run();
}

}  // namespace wagi::oci
