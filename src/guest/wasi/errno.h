// The kernel's error numbers as preview 1 names them.
#pragma once

#include <cerrno>

#include "guest/wasi/abi.h"

namespace wagi::wasi {

// What a guest is told of errno(3) `host`; IO for what preview 1 has no name for.
[[nodiscard]] Errno fromHost(int host);

// What a system call that returned `result` means for the guest, before errno changes.
[[nodiscard]] inline Errno outcome(long result) {
  return result < 0 ? fromHost(errno) : Errno::kSuccess;
}

// Makes the system call again while a signal interrupts it.
template <class SystemCall>
auto uninterrupted(SystemCall call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace wagi::wasi
