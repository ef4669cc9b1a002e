// The module of an image, from its registry into the store.
#pragma once

#include <cstddef>

#include "net/fetch/client.h"
#include "supply/oci/manifest.h"
#include "supply/oci/registry.h"
#include "supply/store/store.h"

namespace wagi::oci {

struct FetchedModule {
  store::Digest digest;    // Of a core module, by its header.
  std::size_t others = 0;  // Modules in further layers, which aren't served.
};

// Fetches layers of `image` until its module is found, each verified; but for the module none of
// them stays in the store.
[[nodiscard]] Answer<FetchedModule> fetchModule(const Manifest& image, Registry& registry,
                                                const store::Store& store,
                                                const fetch::Progress& progress);

}  // namespace wagi::oci
