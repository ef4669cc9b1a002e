// All outbound requests of one worker: its connector, its pool, its limits.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "base/unique_fd.h"
#include "net/outbound/connector_link.h"
#include "net/outbound/exchange.h"
#include "net/outbound/limits.h"
#include "net/outbound/pool.h"
#include "net/outbound/tls.h"

namespace wagi::outbound {

class Client {
 public:
  struct Settings {
    std::optional<TlsClient> tls;  // None: https fails.
    Times times;
    std::function<void()> connector_gone;
  };
  // Borrows `io`, which must outlive it; takes the socket that startConnector() gave.
  Client(boost::asio::io_context& io, UniqueFd connector, Settings settings);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  [[nodiscard]] boost::intrusive_ptr<Exchange> make(Request request, std::function<void()> notify);

 private:
  friend class Exchange;
  using Exchanges = boost::intrusive::list<Exchange, boost::intrusive::constant_time_size<false>>;

  boost::asio::io_context& io_;
  const Settings settings_;
  ConnectorLink connector_;
  Pool pool_;
  // Connections that live. Shared with them: they may outlive the client by the end of the loop.
  const std::shared_ptr<std::size_t> connections_ = std::make_shared<std::size_t>(0);
  Exchanges exchanges_;
};

}  // namespace wagi::outbound
