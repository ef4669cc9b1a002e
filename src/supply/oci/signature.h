// Reads and writes an artifact's signatures where cosign keeps them: under the tag "sha256-HEX.sig"
// of its repository. A manifest there has a layer for each signature, which is the signed payload;
// an annotation of the layer holds the signature itself.
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

// The signatures of one artifact. They are kept in the store, so that they can be verified again
// without the registry.
struct Signatures {
  std::vector<trust::Signature> list;
  std::vector<store::Digest> blobs;  // Blobs of the store: their manifest, then the payloads.
};

// The reference by which the signatures of the artifact with this digest are fetched.
[[nodiscard]] Reference signaturesOf(const Reference& reference, const store::Digest& digest);

// Fetches the signatures into the store. That there are none is no error.
[[nodiscard]] RegistryResult<Signatures> fetchSignatures(Registry& registry,
                                                         const store::Digest& digest,
                                                         const store::Store& store);
// Reads the signatures in `manifest` (blobs[0]) from the store.
[[nodiscard]] Result<Signatures> readSignatures(const store::Digest& manifest,
                                                const store::Store& store);

// Signs what `reference` stands for now, and adds the signature to those that there are, unless one
// by this key is there before. `digest` receives what was signed.
enum class Signed { kNow, kBefore };
[[nodiscard]] Result<Signed> sign(const Reference& reference, const trust::PrivateKey& key,
                                  const Access& access, const store::Store& store,
                                  store::Digest& digest);

}  // namespace wagi::oci
