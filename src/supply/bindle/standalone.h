// Standalone bindles: a folder that holds any number of them, each in a folder named by the SHA-256
// of its NAME/VERSION, or in a .tar.gz of that folder.
//
//   DIR/HEX/invoice.toml
//   DIR/HEX/parcels/SHA256.dat    may be missing
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "supply/bindle/handlers.h"
#include "supply/bindle/id.h"
#include "supply/bindle/invoice.h"
#include "supply/store/store.h"

namespace wagi::bindle {

// Of all that an archive unpacks to, whatever of it is needed.
inline constexpr std::uint64_t kArchiveBytesMax = kBindleBytesMax + (1ULL << 30);
inline constexpr std::size_t kArchiveEntriesMax = 4 * kParcelsMax;

class Standalone {
 public:
  // The bindle `id` in `directory`: its folder, or else its archive. The error says what was looked
  // for.
  [[nodiscard]] static Result<Standalone> open(const std::string& directory, const Id& id);

  [[nodiscard]] const Invoice& invoice() const { return invoice_; }
  // Those parcels into the store, verified. The error names the first that is missing.
  [[nodiscard]] Result<void> take(const std::vector<Needed>& needed,
                                  const store::Store& store) const;
  // As take(), of all its parcels, but what is missing stays so.
  [[nodiscard]] Result<void> takeAll(const store::Store& store) const;

 private:
  enum class Missing { kAnError, kAllowed };
  Standalone(std::string path, bool is_archive) : path_(std::move(path)), is_archive_(is_archive) {}
  [[nodiscard]] Result<void> takeThose(const std::vector<Needed>& needed, Missing missing,
                                       const store::Store& store) const;

  std::string path_;
  bool is_archive_;
  Invoice invoice_;
};

// Writes the folder of `invoice` into `directory`, with all its parcels, which the store has. What
// is there already stays as it is.
[[nodiscard]] Result<std::string> writeStandalone(const std::string& directory,
                                                  const Invoice& invoice,
                                                  const store::Store& store);

// Each parcel of it once.
[[nodiscard]] std::vector<Needed> allParcelsOf(const Invoice& invoice);

}  // namespace wagi::bindle
