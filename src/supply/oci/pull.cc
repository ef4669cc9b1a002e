#include "supply/oci/pull.h"

#include <fmt/format.h>

#include <ctime>
#include <optional>

#include "base/printable.h"
#include "supply/oci/image_module.h"
#include "supply/oci/manifest.h"
#include "supply/oci/registry.h"
#include "supply/oci/signature.h"

namespace wagi::oci {
namespace {

// The state of one call of pull().
class Pull {
 public:
  Pull(const Reference& reference, const store::Store& store, const Access& access,
       const fetch::Progress& progress)
      : reference_(reference), store_(store), access_(access), progress_(progress) {}

  Result<Pulled> run();

 private:
  // Pulls from the registry, but for blobs that the store has.
  RegistryResult<Pulled> fromRegistry(const std::optional<store::Name>& known);
  // Takes from the store what the reference stood for last, and verifies it again.
  Result<Pulled> fromStore(const store::Name& known);
  RegistryResult<Pulled> fetchModule(Registry& registry, const Registry::FetchedManifest& root);
  RegistryResult<void> checkTrust(Registry& registry, const store::Digest& manifest);
  Result<void> checkStoredTrust(const store::Digest& manifest);
  Result<void> remember(const Pulled& pulled);
  Error about(const std::string& message) const {
    return {fmt::format("{}: {}", reference_.text(), printable(message, kMessageBytesMax))};
  }

  const Reference& reference_;
  const store::Store& store_;
  const Access& access_;
  const fetch::Progress& progress_;
};

Result<Pulled> Pull::run() {
  const auto known = store_.recall(reference_.text());
  if (access_.offline) {
    if (!known) return std::unexpected(about("it isn't in the store, and we are offline"));
    return fromStore(*known);
  }
  if (known && reference_.digest) {
    if (auto pulled = fromStore(*known)) return pulled;  // Else it is fetched again.
  }
  auto pulled = fromRegistry(known);
  if (pulled) return *std::move(pulled);
  if (pulled.error().kind == RegistryError::Kind::kUnreachable && known) {
    auto stored = fromStore(*known);
    if (!stored) return stored;
    stored->warnings.push_back(
        about(fmt::format("the registry can't be reached, so the stored copy is used ({})",
                          pulled.error().message))
            .message);
    return stored;
  }
  return std::unexpected(about(pulled.error().message));
}

Result<Pulled> Pull::fromStore(const store::Name& known) {
  // remember() puts the manifest behind the module.
  if (known.blobs.size() < 2) return std::unexpected(about("its entry in the store is damaged"));
  Pulled pulled{.path = {}, .digest = known.digest, .manifest = known.blobs[1], .warnings = {}};
  const auto path = store_.find(known.digest);
  if (!path) return std::unexpected(about("it isn't in the store any more"));
  const auto actual = store::digestOf(*path);
  if (!actual) return std::unexpected(about(actual.error().message));
  if (*actual != known.digest) {
    store_.drop(known.digest);
    return std::unexpected(
        about(fmt::format("the stored module was changed: expected sha256:{}, "
                          "its bytes have sha256:{}; it was removed",
                          known.digest, *actual)));
  }
  pulled.path = *path;
  if (auto trusted = checkStoredTrust(pulled.manifest); !trusted) {
    return std::unexpected(about(trusted.error().message));
  }
  if (auto kept = remember(pulled); !kept) return std::unexpected(std::move(kept.error()));
  return pulled;
}

RegistryResult<Pulled> Pull::fromRegistry(const std::optional<store::Name>& known) {
  Registry registry(reference_, access_);
  const auto root = registry.manifest(reference_.target());
  if (!root) return std::unexpected(root.error());
  if (auto trusted = checkTrust(registry, root->digest); !trusted) {
    return std::unexpected(std::move(trusted.error()));
  }
  if (known && known->blobs.size() >= 2 && known->blobs[1] == root->digest) {
    if (auto stored = fromStore(*known)) return *std::move(stored);
  }
  auto pulled = fetchModule(registry, *root);
  if (!pulled) return pulled;
  if (auto kept = remember(*pulled); !kept) return std::unexpected(RegistryError(kept.error()));
  return pulled;
}

RegistryResult<Pulled> Pull::fetchModule(Registry& registry,
                                         const Registry::FetchedManifest& root) {
  const auto parse = [](const Registry::FetchedManifest& fetched) -> RegistryResult<Manifest> {
    auto parsed = parseManifest(fetched.bytes, fetched.media_type);
    if (!parsed) return std::unexpected(RegistryError(std::move(parsed.error())));
    return *std::move(parsed);
  };
  auto manifest = parse(root);
  if (!manifest) return std::unexpected(std::move(manifest.error()));
  if (manifest->is_index) {
    const auto chosen = chooseManifest(*manifest);
    if (!chosen) return std::unexpected(RegistryError(chosen.error()));
    const auto image = registry.manifest("sha256:" + chosen->digest);
    if (!image) return std::unexpected(image.error());
    manifest = parse(*image);
    if (!manifest) return std::unexpected(std::move(manifest.error()));
    if (manifest->is_index) {
      return std::unexpected(
          RegistryError(Error{"expected an image in its index, got another index"}));
    }
  }
  auto module = oci::fetchModule(*manifest, registry, store_, progress_);
  if (!module) return std::unexpected(std::move(module.error()));
  Pulled pulled{.path = store_.find(module->digest).value_or(std::string()),
                .digest = module->digest,
                .manifest = root.digest,
                .warnings = {}};
  if (module->others != 0) {
    pulled.warnings.push_back(
        about(fmt::format("it has {} modules, of which the first is served", module->others + 1))
            .message);
  }
  if (auto kept = store_.put(root.bytes); !kept)
    return std::unexpected(RegistryError(kept.error()));
  return pulled;
}

RegistryResult<void> Pull::checkTrust(Registry& registry, const store::Digest& manifest) {
  const std::string name = reference_.name();
  if (!access_.policy.needsSignature(name)) return {};
  const auto signatures = fetchSignatures(registry, manifest, store_);
  if (!signatures) return std::unexpected(signatures.error());
  if (auto trusted = access_.policy.check(name, "sha256:" + manifest, signatures->list); !trusted) {
    return std::unexpected(RegistryError(std::move(trusted.error())));
  }
  const store::Name kept{.reference = signaturesOf(reference_, manifest).text(),
                         .digest = signatures->blobs.front(),
                         .blobs = signatures->blobs,
                         .used_at = std::time(nullptr)};
  if (auto remembered = store_.remember(kept); !remembered) {
    return std::unexpected(RegistryError(std::move(remembered.error())));
  }
  return {};
}

Result<void> Pull::checkStoredTrust(const store::Digest& manifest) {
  const std::string name = reference_.name();
  if (!access_.policy.needsSignature(name)) return {};
  auto known = store_.recall(signaturesOf(reference_, manifest).text());
  Signatures signatures;
  if (known) {
    auto read = readSignatures(known->digest, store_);
    if (!read) return std::unexpected(std::move(read.error()));
    signatures = *std::move(read);
  }
  if (auto trusted = access_.policy.check(name, "sha256:" + manifest, signatures.list); !trusted) {
    return trusted;
  }
  known->used_at = std::time(nullptr);  // Not null: the policy has found signatures.
  return store_.remember(*known);
}

Result<void> Pull::remember(const Pulled& pulled) {
  return store_.remember({.reference = reference_.text(),
                          .digest = pulled.digest,
                          .blobs = {pulled.digest, pulled.manifest},
                          .used_at = std::time(nullptr)});
}

}  // namespace

Result<Pulled> pull(const Reference& reference, const store::Store& store, const Access& access,
                    const fetch::Progress& progress) {
  return Pull(reference, store, access, progress).run();
}

}  // namespace wagi::oci
