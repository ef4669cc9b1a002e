#include "guest/wasi/buffers.h"

#include <algorithm>

namespace wagi::wasi {

Errno Buffers::gather(const Call& call, U32 iovs, U32 count) {
  count_ = 0;
  const auto array = call.memory.range(iovs, U64{count} * sizeof(Iovec));
  if (!array) return Errno::kFault;
  const std::size_t looked_at = std::min<std::size_t>(count, kIovecsMax);
  std::size_t bytes_left = kTransferBytesMax;
  for (std::size_t i = 0; i < looked_at; ++i) {
    Iovec item;
    std::memcpy(&item, array->data() + i * sizeof(Iovec), sizeof(Iovec));
    const auto buffer = call.memory.range(item.buf, item.len);
    if (!buffer) return Errno::kFault;
    const std::size_t length = std::min(buffer->size(), bytes_left);
    if (length == 0) continue;
    items_[count_++] = {buffer->data(), length};
    bytes_left -= length;
  }
  if (count_ == 0 && looked_at < count) return Errno::kInval;
  return Errno::kSuccess;
}

}  // namespace wagi::wasi
