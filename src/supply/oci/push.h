// Pushes a module to a registry, in the CNCF's "Wasm OCI artifact" layout.
#pragma once

#include <string>

#include "base/result.h"
#include "net/fetch/client.h"
#include "supply/oci/access.h"
#include "supply/oci/reference.h"
#include "supply/store/store.h"

namespace wagi::oci {

struct Pushed {
  store::Digest manifest;
  bool had_module = false;  // Whether the registry had the module's bytes already.
};

// Pushes the core module in the file at `path`; `title` is the file's name for people. The manifest
// has the file's time, so that pushing a file again gives the same manifest. REQUIRES: the
// reference has a tag and no digest.
[[nodiscard]] Result<Pushed> push(const std::string& path, const std::string& title,
                                  const Reference& reference, const Access& access,
                                  const fetch::Progress& progress);

}  // namespace wagi::oci
