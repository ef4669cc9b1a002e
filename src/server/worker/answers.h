// The server's own answers.
#pragma once

#include <string>
#include <string_view>

#include "net/http/exchange.h"

namespace wagi::worker {

struct WorkerContext;

// A new id, to find a request's line in the log by.
[[nodiscard]] std::string nextRequestId(WorkerContext& worker);

// A whole answer: a short text that says what went wrong, and the id if there is one. A 503 says
// when to try again. REQUIRES: !exchange.started().
void answerError(http::Exchange& exchange, int status, std::string_view detail,
                 std::string_view request_id);

// 200 and `text`. REQUIRES: !exchange.started().
void answerText(http::Exchange& exchange, std::string_view text);

// 204 to `OPTIONS *` (RFC 9110 9.3.7). Programs see every method but CONNECT; Allow names those
// that HTTP defines for resources. REQUIRES: !exchange.started().
void answerOptions(http::Exchange& exchange);

}  // namespace wagi::worker
