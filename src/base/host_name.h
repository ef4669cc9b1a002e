// Checks host names and IPv4 addresses that URLs and configurations write.
#pragma once

#include <string_view>

#include "base/result.h"

namespace wagi {

// Fails unless every reader takes `text` for the same host: a name of letters, digits, '_' and,
// inside of a part, '-' (other characters in their xn-- form), or an IPv4 address of four decimal
// numbers. A text that ends in a number and isn't such an address (127.1, 0x7f.0.0.1) is refused,
// since it is an address to some readers (inet_aton(3); WHATWG URL, "ends in a number"). So is a
// dot at the end, which makes an empty part.
[[nodiscard]] Result<void> checkHostName(std::string_view text);

}  // namespace wagi
