// A module into a registry, as the CNCF's "Wasm OCI artifact" layout has it.
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
  bool had_module = false;  // The registry had the bytes already.
};

// Pushes the core module in the file at `path`; `title` is the file's name for people. The same
// file is the same manifest: its time is the file's. REQUIRES: the reference has a tag and no
// digest.
[[nodiscard]] Result<Pushed> push(const std::string& path, const std::string& title,
                                  const Reference& reference, const Access& access,
                                  const fetch::Progress& progress);

}  // namespace wagi::oci
