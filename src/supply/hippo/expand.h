// A HIPPOFACTS as an invoice and its parcels.
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
#include "supply/hippo/facts.h"
#include "supply/store/store.h"

namespace wagi::hippo {

inline constexpr std::uint64_t kFileBytesMax = 1ULL << 30;     // Of one file.
inline constexpr std::size_t kFilesMax = bindle::kParcelsMax;  // Of all patterns.

// What is done with a file of the folder; its digest.
enum class Part { kModule, kFile };
using Keep = std::function<Result<store::Digest>(Part part, std::string_view bytes)>;

struct Expansion {
  bindle::Invoice invoice;
  std::map<store::Digest, bindle::Id> elsewhere;  // Parcels that other bindles have.
  std::vector<std::string> watched;  // Files and folders below the folder that it depends on.
  Diagnostics warnings;
};

// A handler's or an export's module is a parcel that requires the group of its files; a file is one
// parcel, in the groups of all that see it. An external handler's module and what that requires in
// its bindle are parcels too, annotated so that nobody looks for them in the folder. Two handlers
// of one module share a group, and so their files. `version` is the invoice's.
[[nodiscard]] std::expected<Expansion, Diagnostics> expand(const Facts& facts,
                                                           const glob::Folder& folder,
                                                           const std::string& version,
                                                           Externals& externals, const Keep& keep);

}  // namespace wagi::hippo
