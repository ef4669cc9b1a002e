// Writes files that appear whole or not at all, in folders that only this user may write to.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace wagi::store {

// Part of the name of every file and folder that isn't complete yet.
inline constexpr std::string_view kTemporaryMark = ".tmp.";

// Writes `bytes` to a temporary file beside `path`, syncs it and renames it. It is on the disk
// when this returns, since a stored blob is later trusted without a look at its bytes.
[[nodiscard]] Result<void> writeWhole(const std::string& path, std::string_view bytes, mode_t mode);

// Makes a folder where it is missing. Fails unless it is this user's and nobody else may write to
// it.
[[nodiscard]] Result<void> makeOwnFolder(const std::string& path);

// Whether a file or folder is this user's and nobody else may write to it.
[[nodiscard]] bool isOursAlone(const struct stat& status);

}  // namespace wagi::store
