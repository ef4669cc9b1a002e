// Makes an invoice and its parcels from a HIPPOFACTS and its folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "supply/bindle/invoice.h"
#include "supply/glob/folder.h"
#include "supply/hippo/externals.h"
#include "supply/hippo/hippofacts.h"
#include "supply/store/store.h"

namespace wagi::hippo {

inline constexpr std::uint64_t kFileBytesMax = 1ULL << 30;     // For one file.
inline constexpr std::size_t kFilesMax = bindle::kParcelsMax;  // For all patterns together.

// Keeps a file of the folder, wherever the caller wants it, and returns its digest.
enum class Part { kModule, kFile };
using Keep = std::function<Result<store::Digest>(Part part, std::string_view bytes)>;

struct Expansion {
  bindle::Invoice invoice;
  std::map<store::Digest, bindle::Id> elsewhere;  // Parcels that come from other bindles.
  std::vector<std::string> watched;               // Files and folders on which the result depends.
  Diagnostics warnings;
};

// Expands `facts`. The module of a handler or an export becomes a parcel that requires the group of
// its files; a file becomes one parcel, in the groups of all modules that see it. The module of an
// external handler, and the parcels that it requires in its bindle, become parcels too, annotated
// so that nobody looks for them in the folder. Two handlers of one module share a group, and so
// their files. `version` is the invoice's. All mistakes are reported.
[[nodiscard]] std::expected<Expansion, Diagnostics> expand(const Hippofacts& facts,
                                                           const glob::Folder& folder,
                                                           const std::string& version,
                                                           Externals& externals, const Keep& keep);

}  // namespace wagi::hippo
