// From a reference to the bytes of its module, in the store.
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
  std::string path;                   // A blob of the store: a core module, by its header.
  store::Digest digest;               // Of the module.
  store::Digest manifest;             // What the reference stands for.
  std::vector<std::string> warnings;  // Each about this reference, for a person.
};

// A reference with a digest is asked for once, one with a tag each time. Every digest and size is
// verified, then `access.policy`; the store has all of it or nothing. Where the registry can't be
// reached, or is not to be, what the reference stood for last is verified again and given, with a
// warning. The error names the reference, what was expected and what came.
//
// Waits for the network; keeps nothing between calls, so that a forked child may call it.
[[nodiscard]] Result<Pulled> pull(const Reference& reference, const store::Store& store,
                                  const Access& access, const fetch::Progress& progress);

}  // namespace wagi::oci
