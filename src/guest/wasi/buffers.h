// The buffers of one read or write call: a guest's array of iovecs, checked and turned into the
// host's, within the limits of one call.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>

#include "guest/wasi/functions.h"
#include "guest/wasi/limits.h"

namespace wagi::wasi {

class Buffers {
 public:
  // What the call does with the guest's bytes.
  enum class Use { kRead, kWrite };
  // Replaces the buffers by those of the array. FAULT where the array or a buffer is outside
  // memory; INVAL where the first kIovecsMax of a longer array are all empty, which would look like
  // the end of a file.
  [[nodiscard]] Errno gather(const Call& call, Use use, U32 iovs, U32 count);

  // The buffers but for empty ones.
  [[nodiscard]] std::span<const iovec> items() const { return {items_, count_}; }
  [[nodiscard]] int count() const { return static_cast<int>(count_); }
  [[nodiscard]] const iovec* data() const { return items_; }

 private:
  iovec items_[kIovecsMax];  // Not cleared, since every write would clear a kilobyte.
  std::size_t count_ = 0;
};

}  // namespace wagi::wasi
