// The bodies of the answers that the server gives itself, where no guest answers.
#pragma once

#include <string>
#include <string_view>

namespace wagi::gateway {

inline constexpr std::string_view kErrorContentType = "text/plain; charset=utf-8";
inline constexpr std::string_view kRetryAfterSeconds = "1";  // Retry-After of every 503.

// A body of plain text: `detail`, or a sentence for the status where that is empty, and on a second
// line the request's id, if it has one. It holds no path or name of this machine but what `detail`
// holds.
[[nodiscard]] std::string errorBody(int status, std::string_view detail,
                                    std::string_view request_id);

}  // namespace wagi::gateway
