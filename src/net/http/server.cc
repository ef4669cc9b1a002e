#include "net/http/server.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace wagi::http {

Server::Server(boost::asio::io_context& io, Handler& handler, const Limits& limits)
    : io_(io), sessions_(io, handler, limits, [this] { onSessionEnd(); }) {}

void Server::listen(UniqueFd listening_socket, const TlsContext* tls) {
  listeners_.push_back(
      std::make_unique<Listener>(io_, std::move(listening_socket), tls, sessions_));
}

void Server::drain(Drain how, std::function<void()> idle) {
  listeners_.clear();
  idle_ = std::move(idle);
  sessions_.drain(how);
  if (sessions_.count() == 0) postIdle();
}

void Server::onSessionEnd() {
  for (const auto& listener : listeners_) listener->resume();
  if (idle_ && sessions_.count() == 0) postIdle();
}

// Not called from here: it may destroy the server.
void Server::postIdle() {
  boost::asio::post(io_, [this, alive = std::weak_ptr<void>(alive_)] {
    if (alive.expired() || !idle_) return;
    const auto idle = std::exchange(idle_, nullptr);
    idle();
  });
}

}  // namespace wagi::http
