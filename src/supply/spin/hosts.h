// The hosts that a component may call, as Wagi's `allowed_hosts` names them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace wagi::spin {

// An item of `allowed_http_hosts`: HOST[:PORT], which stands for HTTP and HTTPS, or a URL without a
// path. The error says why it can't be carried over.
[[nodiscard]] Result<std::vector<std::string>> hostsOf(std::string_view text);

// An item of `allowed_outbound_hosts`: SCHEME://HOST[:PORT], with "*" for any scheme, "*." before a
// name for what is below it.
[[nodiscard]] Result<std::vector<std::string>> outboundHostsOf(std::string_view text);

}  // namespace wagi::spin
