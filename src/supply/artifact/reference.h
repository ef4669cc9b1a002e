// What a `module` value stands for.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace wagi::artifact {

struct Reference {
  enum class Kind {
    kFile,    // A module in a file of this machine.
    kOci,     // In a registry.
    kBindle,  // In a bindle.
  };
  Kind kind = Kind::kFile;
  // A file's path, relative to the working directory unless it begins with '/'; of the others the
  // reference as it was written, of which nothing but the scheme was read.
  std::string text;
};

// A plain path, a file: URL ("file:///abs", "file://rel", "file:rel"; percent-encoded bytes are
// decoded), `oci:` or `bindle:`. Fails for other schemes and for what names no file.
[[nodiscard]] Result<Reference> parseReference(std::string_view text);

}  // namespace wagi::artifact
