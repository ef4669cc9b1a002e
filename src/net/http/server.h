// An HTTP/1.1 server on sockets that somebody else opened.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "base/unique_fd.h"
#include "net/http/connections.h"
#include "net/http/exchange.h"
#include "net/http/limits.h"
#include "net/http/listener.h"
#include "net/http/tls.h"
#include "net/loop/loop.h"

namespace wagi::http {

// Everything happens on the thread that runs `loop`. Destroying it closes all connections at once:
// each task sees Wake::kGone and has ended when the destructor returns. It must be destroyed
// before the loop, and not from within the handler or a task.
class Server {
 public:
  // Borrows `loop` and `handler`, which must outlive it.
  Server(loop::Loop& loop, Handler& handler, const Limits& limits);

  // Accepts connections from a listening socket. Borrows `tls`; null is plain HTTP.
  void listen(UniqueFd listening_socket, const TlsContext* tls);
  // Stops accepting at once and lets what runs finish; `idle` is called from the loop when no
  // connection is left. May be called again, to go from kReload to kStop.
  void drain(Drain how, std::function<void()> idle);
  [[nodiscard]] std::size_t connections() const { return connections_.count(); }

 private:
  void onConnectionEnd();
  void postIdle();

  loop::Loop& loop_;
  std::function<void()> idle_;  // Set while draining.
  std::vector<std::unique_ptr<Listener>> listeners_;
  // Expires with this: a callback that the loop holds already can't be taken back.
  std::shared_ptr<void> alive_ = std::make_shared<char>();
  Connections connections_;  // Last: they end while the rest is still there.
};

}  // namespace wagi::http
