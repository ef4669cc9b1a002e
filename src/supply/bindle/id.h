// What a bindle is known by.
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
  // The SHA-256 of its text in hex: the name of its folder, whatever the text has in it.
  [[nodiscard]] std::string folder() const;

  bool operator==(const Id&) const = default;
};

// "NAME/VERSION". The error says what is wrong with it.
[[nodiscard]] Result<Id> parseId(std::string_view text);

// What is wrong with a name: it must be a path without empty, "." and ".." parts, and without what
// would end or change a URL's path, where it is written as it is.
[[nodiscard]] Result<void> checkName(std::string_view name);

}  // namespace wagi::bindle
