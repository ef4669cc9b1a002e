// The worker's end of its connector. Used from the event loop only.
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

  // A connected socket for a route of the plan, after `time_max` at the latest.
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
  // False when there is none.
  [[nodiscard]] bool receive();

  boost::asio::io_context& io_;
  boost::asio::posix::stream_descriptor socket_;
  const std::function<void()> gone_;
  std::uint32_t next_id_ = 0;
  std::deque<ConnectRequest> queue_;  // That the socket had no room for; not longer than asked_.
  bool sending_ = false;
  // At most kConnectsAskedMax of a route. Shared with those who wait, who may outlive the link by
  // the end of the loop.
  std::unordered_map<std::uint32_t, std::shared_ptr<Asked>> asked_;
};

}  // namespace wagi::outbound
