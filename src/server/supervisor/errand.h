// What has to be fetched before a description is whole. Plain values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "supply/oci/access.h"

namespace wagi::supervisor {

// `-b` and the flags beside it, which `-f` has too.
struct BindleSource {
  std::string id = {};                   // NAME/VERSION; empty where it is of externals.
  std::string path = {};                 // A folder of standalone bindles; or
  std::string url = {};                  // a server's, with its /v1.
  std::string user = {}, password = {};  // There; both or none.
  bool insecure = false;                 // Whatever its certificate is.
  // File of public keys, by which it must be signed; empty: it needn't be.
  std::string keyring = {};
};

struct Errand {
  std::vector<std::string> references = {};  // `oci:` and `bindle:`, each once.
  std::optional<BindleSource> bindle = {};   // That is served as a whole.
  std::string project = {};  // A HIPPOFACTS or its folder, that is served as a whole.
  std::optional<BindleSource> externals = {};  // Where its `external`s are.
  // From each `bindle:` reference to the URL of its server.
  std::map<std::string, std::string> bindle_servers = {};
  std::string store = {};  // Its directory; empty: the user's.
  oci::Access registries = {};
  bool offline = false;  // What is in the store has to do.

  [[nodiscard]] bool empty() const { return references.empty() && !bindle && project.empty(); }
};

}  // namespace wagi::supervisor
