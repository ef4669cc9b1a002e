#include "guest/wasi/buffers.h"

#include <algorithm>

namespace wagi::wasi {

Errno Buffers::gather(const Call& call, Use use, U32 iovs, U32 count) {
  count_ = 0;
  const auto array = call.memory.readable(iovs, U64{count} * sizeof(Iovec));
  if (!array) return Errno::kFault;
  const std::size_t looked_at = std::min<std::size_t>(count, kIovecsMax);
  std::size_t bytes_left = kTransferBytesMax;
  for (std::size_t i = 0; i < looked_at; ++i) {
    Iovec item;
    std::memcpy(&item, array->data() + i * sizeof(Iovec), sizeof(Iovec));
    if (!call.memory.contains(item.buf, item.len)) return Errno::kFault;
    const std::size_t length = std::min<std::size_t>(item.len, bytes_left);
    if (length == 0) continue;
    // An iovec is of bytes that may be written, whatever it is for.
    void* const begin =
        use == Use::kWrite ? call.memory.writable(item.buf, length)->data()
                           : const_cast<std::byte*>(call.memory.readable(item.buf, length)->data());
    items_[count_++] = {begin, length};
    bytes_left -= length;
  }
  if (count_ == 0 && looked_at < count) return Errno::kInval;
  return Errno::kSuccess;
}

}  // namespace wagi::wasi
