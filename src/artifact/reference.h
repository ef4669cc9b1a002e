// What a `module` value stands for.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace wagi::artifact {

// A module in a file of this machine.
struct FileReference {
  std::string path;  // Relative to the working directory unless it begins with '/'.
};

// A plain path or a file: URL ("file:///abs", "file://rel", "file:rel"; percent-encoded bytes are
// decoded). Fails for what names no file, and for `oci:`, `bindle:` and other schemes.
[[nodiscard]] Result<FileReference> parseReference(std::string_view text);

}  // namespace wagi::artifact
