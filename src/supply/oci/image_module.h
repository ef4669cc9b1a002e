// Fetches the module of an image from its registry into the store.
#pragma once

#include <cstddef>

#include "net/fetch/client.h"
#include "supply/oci/manifest.h"
#include "supply/oci/registry.h"
#include "supply/store/store.h"

namespace wagi::oci {

struct FetchedModule {
  store::Digest digest;    // The module's blob, whose header is that of a core module.
  std::size_t others = 0;  // How many further layers are modules too, which aren't served.
};

// Fetches layers of `image` until its module is found, and verifies each. Only the module stays in
// the store.
[[nodiscard]] RegistryResult<FetchedModule> fetchModule(const Manifest& image, Registry& registry,
                                                        const store::Store& store,
                                                        const fetch::Progress& progress);

}  // namespace wagi::oci
