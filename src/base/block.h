// NUL-terminated strings one after another: argv or an environment in the layout that
// args_get and environ_get copy into a guest.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wagi {

struct Block {
  std::string bytes;      // Each string with its NUL.
  std::size_t count = 0;  // How many strings.

  // REQUIRES: no NUL in `text`.
  void add(std::string_view text) {
    bytes.append(text).push_back('\0');
    ++count;
  }
};

}  // namespace wagi
