// A parcel on its way into the store, piece by piece.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "supply/store/store.h"

namespace wagi::bindle {

// Writes the store's partial file of one digest, whose flock(2) it holds. What isn't finished is
// removed with it, so nothing of it stays.
class ParcelWriter {
 public:
  enum class Wait { kNo, kYes };  // For another one that writes the same parcel.

  // Nullopt where another one writes it and it mustn't wait. Borrows `store`.
  [[nodiscard]] static Result<std::optional<ParcelWriter>> begin(const store::Store& store,
                                                                 const store::Digest& digest,
                                                                 std::uint64_t size, Wait wait);
  ParcelWriter(ParcelWriter&& other) noexcept = default;
  ParcelWriter& operator=(ParcelWriter&& other) noexcept = default;
  ~ParcelWriter();

  // REQUIRES: bytes.size() <= left().
  [[nodiscard]] Result<void> write(std::string_view bytes);
  [[nodiscard]] std::uint64_t left() const { return size_ - written_; }
  // It is in the store now. The error says how its size or digest differs.
  [[nodiscard]] Result<void> finish();

 private:
  ParcelWriter(const store::Store& store, store::Digest digest, std::uint64_t size)
      : store_(&store), digest_(std::move(digest)), size_(size) {}

  const store::Store* store_;
  store::Digest digest_;
  std::uint64_t size_;
  std::uint64_t written_ = 0;
  std::string path_;
  UniqueFd fd_;  // None once it is finished.
};

// Says so of a parcel that is larger than its label says.
[[nodiscard]] Error moreThan(std::uint64_t size);

// Copies the regular file at `path` into the store, as the parcel of that digest and size.
[[nodiscard]] Result<void> storeParcelFile(const store::Store& store, const store::Digest& digest,
                                           std::uint64_t size, const std::string& path);

}  // namespace wagi::bindle
