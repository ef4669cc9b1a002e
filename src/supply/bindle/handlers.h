// Finds the handlers of a bindle: the modules that Wagi serves, each with the files that it sees.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "supply/bindle/invoice.h"
#include "supply/store/store.h"

namespace wagi::bindle {

inline constexpr std::size_t kAssetsMax = 100'000;  // For all handlers of a bindle together.

// One module and the files that it sees.
struct Handler {
  std::string route;
  std::string name;  // The parcel's, for messages.
  std::string entrypoint = "_start";
  std::optional<std::string> argv;
  std::vector<std::string> allowed_hosts;
  store::Digest module;
  std::vector<std::pair<std::string, store::Digest>> assets;  // Each with its path below "/".
  std::string tree;  // Folder of the store with the assets, if any; load() fills it in.
};

// The handlers are the parcels of the global group that are modules and have a route, in the order
// of the invoice. A handler's files are the assets among the parcels that it requires. Fails where
// there is no handler, or where two files of one have the same path. REQUIRES: validate(invoice).
[[nodiscard]] Result<std::vector<Handler>> handlersOf(const Invoice& invoice);

// The parcels that `parcel` requires, each once: the members of the groups that it requires, the
// parcels that those require, and so on. Of a group that is satisfied by one of its members, only
// the first counts. REQUIRES: `parcel` is one of the invoice's, which is valid.
[[nodiscard]] std::vector<const Parcel*> requiredBy(const Parcel& parcel, const Invoice& invoice);

// A parcel that has to be in the store.
struct NeededParcel {
  store::Digest digest;
  std::uint64_t size = 0;
  std::string name;
};
// The modules and assets of `handlers`, each parcel once.
[[nodiscard]] std::vector<NeededParcel> parcelsOf(const std::vector<Handler>& handlers,
                                                  const Invoice& invoice);

}  // namespace wagi::bindle
