// Makes all outbound requests of one worker, with its connector, its pool of connections and its
// limits. Used from the event loop only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "net/outbound/call.h"
#include "net/outbound/connector_link.h"
#include "net/outbound/limits.h"
#include "net/outbound/pool.h"
#include "net/outbound/tls.h"

namespace wagi::outbound {

class Client {
 public:
  struct Settings {
    std::optional<TlsClient> tls;  // Absent: https: requests fail.
    Timeouts timeouts;
    std::function<void()> connector_gone;  // Called when the connector has died.
  };
  // Borrows `io` and `clock`, which must outlive it; takes the socket that startConnector() gave.
  Client(boost::asio::io_context& io, UniqueFd connector, Settings settings, const Clock& clock);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  // Makes a call, which its user starts. `notify` is called after each of its steps.
  [[nodiscard]] boost::intrusive_ptr<Call> make(Request request, std::function<void()> notify);

 private:
  friend class Call;
  using Calls = boost::intrusive::list<Call, boost::intrusive::constant_time_size<false>>;

  boost::asio::io_context& io_;
  const Settings settings_;
  const Clock& clock_;
  ConnectorLink connector_;
  Pool pool_;
  // How many connections exist. Shared with these, which may outlive the client when the loop ends.
  const std::shared_ptr<std::size_t> connections_ = std::make_shared<std::size_t>(0);
  Calls calls_;
};

}  // namespace wagi::outbound
