// Pulls the module that a reference names from its registry into the store.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/fetch/client.h"
#include "supply/oci/access.h"
#include "supply/oci/reference.h"
#include "supply/store/store.h"

namespace wagi::oci {

struct Pulled {
  std::string path;                   // The module's blob, whose header is that of a core module.
  store::Digest digest;               // The module's digest.
  store::Digest manifest;             // The digest that the reference stands for.
  std::vector<std::string> warnings;  // Each about this reference, for a person.
};

// Asks the registry each time for a reference with a tag, and once for one with a digest. Every
// digest and size is verified, then `access.policy`; the store gets all of it or nothing. Where the
// registry can't be reached, or mustn't be, the result is what the reference stood for last,
// verified again, with a warning. The error names the reference, what was expected and what came.
//
// The call waits for the network. It keeps nothing between calls, so a forked child may make it.
[[nodiscard]] Result<Pulled> pull(const Reference& reference, const store::Store& store,
                                  const Access& access, const fetch::Progress& progress);

}  // namespace wagi::oci
