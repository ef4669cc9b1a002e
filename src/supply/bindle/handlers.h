// What Wagi serves of a bindle.
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

inline constexpr std::size_t kAssetsMax = 100'000;  // Of all handlers together.

// One module and the files that it sees.
struct Handler {
  std::string route;
  std::string name;  // The label's, for messages.
  std::string entrypoint = "_start";
  std::optional<std::string> argv;
  std::vector<std::string> allowed_hosts;
  store::Digest module;
  std::vector<std::pair<std::string, store::Digest>> assets;  // Paths below its "/".
  std::string
      tree;  // The folder of the store that has them; load() fills it in, where there are any.
};

// Those parcels of the global group that are modules and have a route, in the order of the
// invoice. A handler's files are the assets among the members of the groups that it requires, of
// the groups that those members require, and so on: all of a group's, or of one that is satisfied
// by one of them, the first. An error where there is no handler, or where two files of one have the
// same path. REQUIRES: validate(invoice).
[[nodiscard]] Result<std::vector<Handler>> handlersOf(const Invoice& invoice);

// What a parcel requires: the members of its groups, what those require, and so on; each once.
// REQUIRES: `parcel` is one of the invoice's, which is valid.
[[nodiscard]] std::vector<const Parcel*> requiredBy(const Parcel& parcel, const Invoice& invoice);

// What they need, each once, with its size: the modules and the assets.
struct Needed {
  store::Digest digest;
  std::uint64_t size = 0;
  std::string name;
};
[[nodiscard]] std::vector<Needed> parcelsOf(const std::vector<Handler>& handlers,
                                            const Invoice& invoice);

}  // namespace wagi::bindle
