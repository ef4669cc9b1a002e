// Parses a `module` value of a configuration: a file, or a reference to a registry or a bindle.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace wagi::artifact {

struct Reference {
  enum class Kind {
    kFile,    // A module in a file of this machine.
    kOci,     // A module in a registry.
    kBindle,  // A module in a bindle.
  };
  Kind kind = Kind::kFile;
  // The path of a file, relative to the working directory unless it begins with '/'; else the
  // reference as it was written, of which only the scheme was read.
  std::string text;
};

// Parses a plain path, a file: URL ("file:///abs", "file://rel", "file:rel"; percent-encoded bytes
// are decoded), an `oci:` or a `bindle:` reference. Fails for other schemes, and for a text that
// names no file.
[[nodiscard]] Result<Reference> parseReference(std::string_view text);

}  // namespace wagi::artifact
