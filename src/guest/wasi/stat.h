// Converts a host file's metadata for a guest, and the times that a guest sets.
#pragma once

#include <sys/stat.h>

#include <array>
#include <expected>

#include "guest/wasi/functions.h"

namespace wagi::wasi {

[[nodiscard]] Filetype filetypeOf(mode_t mode);

[[nodiscard]] Filestat filestatOf(const struct stat& host);

// Writes `stat` in the layout of the call's snapshot; FAULT outside memory.
[[nodiscard]] Errno storeFilestat(const Call& call, U32 at, const Filestat& stat);

// The times for utimensat(2); INVAL where the FSTFLAGS contradict each other or are unknown.
[[nodiscard]] std::expected<std::array<timespec, 2>, Errno> timesOf(U64 atim, U64 mtim, U32 flags);

}  // namespace wagi::wasi
