// A bindle, ready to be served: its invoice and what is served of it, in the store.
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

// Whose signatures an invoice must have.
struct Trust {
  Strategy strategy;
  Keyring keyring;
};

struct Source {
  struct Folder {
    std::string path;  // Of standalone bindles.
  };
  std::variant<Folder, Server> from;
  std::optional<Trust> trust{};  // Without it, signatures are no matter.
  bool offline = false;          // A server isn't asked: the store must have it.
};

struct Loaded {
  Invoice invoice;
  std::vector<Handler> handlers;  // Their modules are blobs, their assets trees of the store.
  std::vector<std::string> warnings;
};

// What the store calls it: "bindle:NAME/VERSION".
[[nodiscard]] std::string referenceOf(const Id& id);

// Asks the source, takes what is missing into the store, and records it there by referenceOf().
// Where a server can't be reached, what it recorded the last time, with a warning; not so for a
// bindle that the server says is yanked, or isn't there. Waits, as fetch::Client does.
[[nodiscard]] Result<Loaded> load(const Id& id, const Source& source, const store::Store& store,
                                  const fetch::Progress& progress);

// The invoice and all its parcels, served or not, from a server into the store.
[[nodiscard]] Result<Invoice> pull(const Id& id, const Server& server,
                                   const std::optional<Trust>& trust, const store::Store& store,
                                   const fetch::Progress& progress);

}  // namespace wagi::bindle
