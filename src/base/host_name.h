// Host names and IPv4 addresses, as URLs and configurations write them.
#pragma once

#include <string_view>

#include "base/result.h"

namespace wagi {

// Whether every reader takes `text` for the same host: a name of letters, digits, '_' and, inside
// of a part, '-' (others as their xn-- form), or an IPv4 address of four decimal numbers. What ends
// in a number and isn't such an address (127.1, 0x7f.0.0.1) is an address to some readers
// (inet_aton(3); WHATWG URL, "ends in a number"), and is refused. A dot at the end is an empty
// part, and refused too.
[[nodiscard]] Result<void> checkHostName(std::string_view text);

}  // namespace wagi
