// The id by which a bindle is known: a name and a version.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wagi::bindle {

inline constexpr std::size_t kNameBytesMax = 512;

struct Id {
  std::string name;     // "example.com/hello"
  std::string version;  // SemVer, "1.2.3-rc.1"

  [[nodiscard]] std::string text() const { return name + '/' + version; }
  // The name of a standalone bindle's folder: the SHA-256 of text() in hex.
  [[nodiscard]] std::string folder() const;

  bool operator==(const Id&) const = default;
};

// Reads "NAME/VERSION". The error says what is wrong with it.
[[nodiscard]] Result<Id> parseId(std::string_view text);

// Fails unless a name is a path without empty, "." and ".." parts, and without characters that
// would end or change a URL's path, since it stands in one unencoded.
[[nodiscard]] Result<void> checkName(std::string_view name);

}  // namespace wagi::bindle
