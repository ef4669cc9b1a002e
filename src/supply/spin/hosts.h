// Converts the hosts that a component may call to the form of Wagi's `allowed_hosts`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace wagi::spin {

// Converts an item of `allowed_http_hosts`: HOST[:PORT], which stands for HTTP and HTTPS, or a URL
// without a path. The error says why it can't be converted.
[[nodiscard]] Result<std::vector<std::string>> hostsOf(std::string_view text);

// Converts an item of `allowed_outbound_hosts`: SCHEME://HOST[:PORT], where the scheme "*" is any,
// and "*.NAME" is all names below NAME.
[[nodiscard]] Result<std::vector<std::string>> outboundHostsOf(std::string_view text);

}  // namespace wagi::spin
