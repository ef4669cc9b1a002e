// Parses the value of `--dir`: a folder of the host, and the path at which a guest sees it.
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

// Parses HOST[::GUEST][:ro]; without GUEST it is HOST.
[[nodiscard]] Result<Folder> parseFolder(std::string_view text);

}  // namespace wagi::cli
