// What has to be fetched before it can be served. Plain values, made before the process that
// fetches is forked.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "supply/oci/access.h"

namespace wagi::source {

// `-b` and the flags beside it, which `-f` has too.
struct BindleSource {
  std::string id = {};                   // NAME/VERSION; empty where externals are looked for.
  std::string path = {};                 // A folder of standalone bindles; or
  std::string url = {};                  // a server's, with its /v1.
  std::string user = {}, password = {};  // There; both or none.
  bool insecure = false;                 // Whatever its certificate is.
  // File of public keys, by which it must be signed; empty: it needn't be.
  std::string keyring = {};
};

struct FetchRequest {
  std::vector<std::string> references = {};    // `oci:` and `bindle:`, each once.
  std::optional<BindleSource> bindle = {};     // That is served as a whole.
  std::string project = {};                    // A HIPPOFACTS or its folder, served as a whole.
  std::optional<BindleSource> externals = {};  // Where the project's `external`s are.
  // From each `bindle:` reference to the URL of its server.
  std::map<std::string, std::string> bindle_servers = {};
  std::string store = {};  // Its directory; empty: the user's.
  oci::Access registries = {};
  bool offline = false;  // What is in the store has to do.

  [[nodiscard]] bool empty() const { return references.empty() && !bindle && project.empty(); }
};

}  // namespace wagi::source
