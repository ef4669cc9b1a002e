#include "net/http/server.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace wagi::http {

Server::Server(loop::Loop& loop, Handler& handler, const Limits& limits)
    : loop_(loop), connections_(loop, handler, limits, [this] { onConnectionEnd(); }) {}

void Server::listen(UniqueFd listening_socket, const TlsContext* tls) {
  listeners_.push_back(
      std::make_unique<Listener>(loop_.io(), std::move(listening_socket), tls, connections_));
}

void Server::drain(Drain how, std::function<void()> idle) {
  listeners_.clear();
  idle_ = std::move(idle);
  connections_.drain(how);
  if (connections_.count() == 0) postIdle();
}

void Server::onConnectionEnd() {
  for (const auto& listener : listeners_) listener->resume();
  if (idle_ && connections_.count() == 0) postIdle();
}

// Not called from here: it may destroy the server.
void Server::postIdle() {
  boost::asio::post(loop_.io(), [this, alive = std::weak_ptr<void>(alive_)] {
    if (alive.expired() || !idle_) return;
    const auto idle = std::exchange(idle_, nullptr);
    idle();
  });
}

}  // namespace wagi::http
