// The server's own answers, when there is none of a guest's.
#pragma once

#include <string>
#include <string_view>

namespace wagi::gateway {

inline constexpr std::string_view kErrorContentType = "text/plain; charset=utf-8";
inline constexpr std::string_view kRetryAfterSeconds = "1";  // Of a 503.

// The body: `detail`, or when that is empty a sentence for the status, and on a second line the
// request's id, if it has one. Never holds a path or name of the host unless `detail` does.
[[nodiscard]] std::string errorBody(int status, std::string_view detail,
                                    std::string_view request_id);

}  // namespace wagi::gateway
