// Gets a bindle ready to be served: its invoice and the parcels of its handlers, in the store.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "supply/bindle/client.h"
#include "supply/bindle/handlers.h"
#include "supply/bindle/keys.h"
#include "supply/bindle/signatures.h"
#include "supply/store/store.h"

namespace wagi::bindle {

// The signatures that an invoice must have.
struct Trust {
  Strategy strategy;
  Keyring keyring;
};

// Where bindles come from, and which of them are accepted.
struct Source {
  struct Folder {
    std::string path;  // A folder of standalone bindles.
  };
  std::variant<Folder, Server> from;
  std::optional<Trust> trust{};  // Absent: signatures aren't checked.
  bool offline = false;          // The server isn't asked, so the store must have the bindle.
};

struct Loaded {
  Invoice invoice;
  std::vector<Handler> handlers;  // Modules are blobs of the store, assets trees of it.
  std::vector<std::string> warnings;
};

// The name in the store of a bindle: "bindle:NAME/VERSION".
[[nodiscard]] std::string referenceOf(const Id& id);

// Asks the source for the bindle, puts missing parcels into the store, and names it there by
// referenceOf(). Where a server can't be reached, the result is what the store has from the last
// time, with a warning. It fails where the server says that the bindle is yanked or doesn't exist.
// The call waits for the network.
[[nodiscard]] Result<Loaded> load(const Id& id, const Source& source, const store::Store& store,
                                  const fetch::Progress& progress);

// Fetches the invoice and all its parcels, served or not, from a server into the store.
[[nodiscard]] Result<Invoice> pull(const Id& id, const Server& server,
                                   const std::optional<Trust>& trust, const store::Store& store,
                                   const fetch::Progress& progress);

}  // namespace wagi::bindle
