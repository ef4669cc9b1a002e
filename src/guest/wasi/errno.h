// Translates the kernel's error numbers to those of preview 1.
#pragma once

#include <cerrno>

#include "guest/wasi/abi.h"

namespace wagi::wasi {

// The error for errno(3) `host`; IO where preview 1 has no equivalent.
[[nodiscard]] Errno fromHost(int host);

// The error for the guest of a system call that returned `result`. Reads errno.
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
