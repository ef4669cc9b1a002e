// Reads and writes standalone bindles. A folder holds any number of them, each in a folder named by
// the SHA-256 of its NAME/VERSION, or in a .tar.gz of that folder.
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

// Bounds on an archive when it is unpacked, whatever parts of it are needed.
inline constexpr std::uint64_t kArchiveBytesMax = kBindleBytesMax + (1ULL << 30);
inline constexpr std::size_t kArchiveEntriesMax = 4 * kParcelsMax;

class Standalone {
 public:
  // Opens the bindle `id` in `directory`: its folder, or else its archive. The error says which
  // paths were tried.
  [[nodiscard]] static Result<Standalone> open(const std::string& directory, const Id& id);

  [[nodiscard]] const Invoice& invoice() const { return invoice_; }
  // Puts these parcels into the store, verified. The error names the first that is missing.
  [[nodiscard]] Result<void> take(const std::vector<NeededParcel>& needed,
                                  const store::Store& store) const;
  // Like take(), for all parcels; but those that are missing are no error.
  [[nodiscard]] Result<void> takeAll(const store::Store& store) const;

 private:
  enum class Missing { kAnError, kAllowed };
  Standalone(std::string path, bool is_archive) : path_(std::move(path)), is_archive_(is_archive) {}
  [[nodiscard]] Result<void> takeThose(const std::vector<NeededParcel>& needed, Missing missing,
                                       const store::Store& store) const;

  std::string path_;
  bool is_archive_;
  Invoice invoice_;
};

// Writes the folder of a standalone bindle into `directory`, and returns its path. Files that exist
// stay as they are. REQUIRES: the store has all parcels.
[[nodiscard]] Result<std::string> writeStandalone(const std::string& directory,
                                                  const Invoice& invoice,
                                                  const store::Store& store);

// All parcels of the invoice, each once.
[[nodiscard]] std::vector<NeededParcel> allParcelsOf(const Invoice& invoice);

}  // namespace wagi::bindle
