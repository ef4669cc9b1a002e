// The value of `--dir`: a folder of the host and where a guest sees it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace wagi::cli {

struct Folder {
  std::string host;
  std::string guest;
  bool read_only = false;
};

// HOST[::GUEST][:ro]; GUEST is HOST where it isn't given.
[[nodiscard]] Result<Folder> parseFolder(std::string_view text);

}  // namespace wagi::cli
