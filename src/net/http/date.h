// The Date field's format.
#pragma once

#include <ctime>
#include <string>

namespace wagi::http {

// IMF-fixdate (RFC 9110 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
[[nodiscard]] std::string formatDate(std::time_t time);

}  // namespace wagi::http
