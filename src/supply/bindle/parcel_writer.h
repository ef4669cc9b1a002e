// Writes a parcel into the store, piece by piece.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "supply/store/store.h"

namespace wagi::bindle {

// Writes the store's partial file of one digest, and holds its flock(2). The destructor removes a
// parcel that isn't finished.
class ParcelWriter {
 public:
  enum class Wait { kNo, kYes };  // Whether begin() waits for another writer.

  // nullopt means that another writer has the same parcel, with Wait::kNo. Borrows `store`.
  [[nodiscard]] static Result<std::optional<ParcelWriter>> begin(const store::Store& store,
                                                                 const store::Digest& digest,
                                                                 std::uint64_t size, Wait wait);
  ParcelWriter(ParcelWriter&& other) noexcept = default;
  ParcelWriter& operator=(ParcelWriter&& other) noexcept = default;
  ~ParcelWriter();

  // REQUIRES: bytes.size() <= left().
  [[nodiscard]] Result<void> write(std::string_view bytes);
  [[nodiscard]] std::uint64_t left() const { return size_ - written_; }
  // Makes the parcel a blob of the store. The error says how its size or digest differs.
  [[nodiscard]] Result<void> finish();

 private:
  ParcelWriter(const store::Store& store, store::Digest digest, std::uint64_t size)
      : store_(&store), digest_(std::move(digest)), size_(size) {}

  const store::Store* store_;
  store::Digest digest_;
  std::uint64_t size_;
  std::uint64_t written_ = 0;
  std::string path_;
  UniqueFd fd_;  // Closed once the parcel is finished.
};

// The error of a parcel that is larger than its label's `size`.
[[nodiscard]] Error moreThan(std::uint64_t size);

// Copies the regular file at `path` into the store, as the parcel of that digest and size.
[[nodiscard]] Result<void> storeParcelFile(const store::Store& store, const store::Digest& digest,
                                           std::uint64_t size, const std::string& path);

}  // namespace wagi::bindle
