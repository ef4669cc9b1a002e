// Says what has to be fetched before it can be served. Plain values, made before the process that
// fetches is forked.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "supply/oci/access.h"

namespace wagi::source {

// A bindle, and where it comes from: the values of `-b` and of the flags beside it, which `-f` has
// too.
struct BindleSource {
  std::string id = {};                   // NAME/VERSION; "" for a source of externals.
  std::string path = {};                 // A folder of standalone bindles, or "".
  std::string url = {};                  // A Bindle server's URL with its /v1, or "".
  std::string user = {}, password = {};  // The login at the server; both are set or neither.
  bool insecure = false;                 // The server's certificate isn't verified.
  // A file of public keys, by one of which the bindle must be signed; "": it needn't be signed.
  std::string keyring = {};
};

struct FetchRequest {
  std::vector<std::string> references = {};    // `oci:` and `bindle:` references, each once.
  std::optional<BindleSource> bindle = {};     // A bindle to serve as a whole.
  std::string project = {};                    // A HIPPOFACTS or its folder, to serve as a whole.
  std::optional<BindleSource> externals = {};  // The source of the project's externals.
  // From each `bindle:` reference to the URL of its server.
  std::map<std::string, std::string> bindle_servers = {};
  std::string store = {};  // The store's directory; "": the user's.
  oci::Access registries = {};
  bool offline = false;  // Nothing is fetched; what the store has is used.

  [[nodiscard]] bool empty() const { return references.empty() && !bindle && project.empty(); }
};

}  // namespace wagi::source
