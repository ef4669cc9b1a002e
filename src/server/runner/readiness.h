// A descriptor that is readable while an event loop has something to do.
#pragma once

#include <boost/asio/io_context.hpp>

namespace wagi::runner {

// The descriptor of the epoll that `loop` waits in, whose timers and signals are descriptors in it,
// too. Lives as long as the loop, to be polled only.
[[nodiscard]] int readinessOf(boost::asio::io_context& loop);

}  // namespace wagi::runner
