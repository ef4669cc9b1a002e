// Why a guest can't be started although it was waited for.
#pragma once

#include <variant>

#include "base/result.h"
#include "net/http/exchange.h"

namespace wagi::worker {

// The request's body is over body_bytes_max.
struct BodyTooLarge {};
// How a wait of the exchange ended, which isn't kReady; or what failed in this worker.
using Unprepared = std::variant<http::Wake, BodyTooLarge, Error>;

}  // namespace wagi::worker
