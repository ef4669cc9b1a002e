// Files that appear whole or not at all.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace wagi::store {

// In the name of what isn't whole yet.
inline constexpr std::string_view kTemporaryMark = ".tmp.";

// On the disk when it returns: what is stored is trusted later on.
[[nodiscard]] Result<void> writeWhole(const std::string& path, std::string_view bytes, mode_t mode);

// A folder of this user's that nobody else may write to, made where it is missing.
[[nodiscard]] Result<void> makeOwnFolder(const std::string& path);

[[nodiscard]] bool isOursAlone(const struct stat& status);

}  // namespace wagi::store
