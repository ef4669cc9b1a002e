// Signatures beside an artifact, where cosign puts them: under the tag "sha256-HEX.sig" of its
// repository, a manifest with one layer for each, the signed payload, and the signature itself in
// that layer's annotation.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supply/oci/registry.h"
#include "supply/store/store.h"
#include "supply/trust/key.h"
#include "supply/trust/policy.h"

namespace wagi::oci {

// What was fetched of them: blobs of the store, so that it can be verified again without a
// registry.
struct Signatures {
  std::vector<trust::Signature> list;
  std::vector<store::Digest> blobs;  // The manifest first.
};

// The reference of the signatures of `digest`.
[[nodiscard]] Reference signaturesOf(const Reference& reference, const store::Digest& digest);

// None is no trouble.
[[nodiscard]] Answer<Signatures> fetchSignatures(Registry& registry, const store::Digest& digest,
                                                 const store::Store& store);
// Those of `manifest`, from the store alone.
[[nodiscard]] Result<Signatures> readSignatures(const store::Digest& manifest,
                                                const store::Store& store);

enum class Signed { kNow, kBefore };
// Signs what `reference` stands for now, beside the signatures that there are. `digest` gets what
// was signed.
[[nodiscard]] Result<Signed> sign(const Reference& reference, const trust::PrivateKey& key,
                                  const Access& access, const store::Store& store,
                                  store::Digest& digest);

}  // namespace wagi::oci
