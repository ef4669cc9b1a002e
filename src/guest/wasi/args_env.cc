// Implements args_* and environ_*. A Block's bytes are already in the layout that a guest wants, so
// one copy suffices.
#include <cstring>

#include "guest/wasi/functions.h"

namespace wagi::wasi {
namespace {

Errno sizes(const Call& call, const Block& block, U32 count_at, U32 size_at) {
  const bool stored = call.memory.store(count_at, static_cast<U32>(block.count)) &&
                      call.memory.store(size_at, static_cast<U32>(block.bytes.size()));
  return stored ? Errno::kSuccess : Errno::kFault;
}

Errno copyOut(const Call& call, const Block& block, U32 pointers_at, U32 bytes_at) {
  const auto bytes = call.memory.writable(bytes_at, block.bytes.size());
  const auto pointers = call.memory.writable(pointers_at, block.count * sizeof(U32));
  if (!bytes || !pointers) return Errno::kFault;
  std::memcpy(bytes->data(), block.bytes.data(), block.bytes.size());
  std::size_t begin = 0;
  for (std::size_t i = 0; i < block.count; ++i) {
    const U32 address = bytes_at + static_cast<U32>(begin);
    std::memcpy(pointers->data() + i * sizeof(U32), &address, sizeof(address));
    begin += std::strlen(block.bytes.c_str() + begin) + 1;
  }
  return Errno::kSuccess;
}

}  // namespace

Errno argsGet(Call& call, U32 pointers_at, U32 bytes_at) {
  return copyOut(call, call.invocation().arguments, pointers_at, bytes_at);
}
Errno argsSizesGet(Call& call, U32 count_at, U32 size_at) {
  return sizes(call, call.invocation().arguments, count_at, size_at);
}
Errno environGet(Call& call, U32 pointers_at, U32 bytes_at) {
  return copyOut(call, call.invocation().environment, pointers_at, bytes_at);
}
Errno environSizesGet(Call& call, U32 count_at, U32 size_at) {
  return sizes(call, call.invocation().environment, count_at, size_at);
}

}  // namespace wagi::wasi
