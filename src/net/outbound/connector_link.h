// A worker's link to its connector: asks it for connections. Used from the event loop only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

#include "base/unique_fd.h"
#include "net/outbound/connector.h"
#include "net/outbound/dial.h"
#include "net/outbound/url.h"

namespace wagi::outbound {

class ConnectorLink {
 public:
  // Takes the socket that startConnector() gave. `gone` is called when the connector has died.
  ConnectorLink(boost::asio::io_context& io, UniqueFd socket, std::function<void()> gone);

  // A connected socket for a route of the plan, or a refusal, after `time_max` at the latest.
  [[nodiscard]] boost::asio::awaitable<std::expected<UniqueFd, Refusal>> connect(
      std::size_t route, Origin origin, std::chrono::milliseconds time_max);

 private:
  struct Asked {
    Asked(boost::asio::io_context& io, std::size_t route_in) : answered(io), route(route_in) {}
    boost::asio::steady_timer answered;  // Cancelled by the reply.
    std::size_t route;
    std::optional<std::expected<UniqueFd, Refusal>> reply;
  };

  void watch();
  void sendQueued();
  // Takes one reply; false where the connector has died.
  [[nodiscard]] bool receive();

  boost::asio::io_context& io_;
  boost::asio::posix::stream_descriptor socket_;
  const std::function<void()> gone_;
  std::uint32_t next_id_ = 0;
  std::deque<ConnectRequest> queue_;  // The socket has no room for them; not longer than asked_.
  bool sending_ = false;
  // Requests without a reply, by id; at most kConnectsAskedMax of a route. Shared with the
  // coroutines that wait, which may outlive the link when the loop ends.
  std::unordered_map<std::uint32_t, std::shared_ptr<Asked>> asked_;
};

}  // namespace wagi::outbound
