// The archive of a standalone bindle, through libarchive.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wagi::bindle {

struct ArchiveLimits {
  std::uint64_t bytes_max = 0;  // Of all that it unpacks to, headers with it.
  std::size_t entries_max = 0;
};

// What takes an entry's bytes, piece by piece; null: nobody does.
using EntrySink = std::function<Result<void>(std::string_view piece)>;

// Reads a .tar.gz from its begin to its end. `begin` is called for each regular file in it, with
// its path behind the first folder ("invoice.toml", "parcels/HEX.dat"); `end` when the bytes of one
// that has a sink are all there. Links and special files are passed over.
[[nodiscard]] Result<void> readArchive(
    const std::string& path, const ArchiveLimits& limits,
    const std::function<Result<EntrySink>(std::string_view name, std::uint64_t size)>& begin,
    const std::function<Result<void>()>& end);

}  // namespace wagi::bindle
