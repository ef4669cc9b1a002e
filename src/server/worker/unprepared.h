// Why a guest can't be started although it was waited for.
#pragma once

#include <variant>

#include "base/result.h"
#include "net/http/exchange.h"

namespace wagi::worker {

// How a wait of the exchange ended, which isn't kReady; or what failed in this worker.
using Unprepared = std::variant<http::Wake, Error>;

}  // namespace wagi::worker
