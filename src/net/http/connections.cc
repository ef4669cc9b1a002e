#include "net/http/connections.h"

#include <boost/asio/post.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <utility>

#include "net/http/date.h"

namespace wagi::http {

Connections::Connections(loop::Loop& loop, Handler& handler, const Limits& limits,
                         std::function<void()> on_end)
    : loop_(loop), handler_(handler), limits_(limits), on_end_(std::move(on_end)) {}

Connections::~Connections() {
  while (!connections_.empty()) {
    const boost::intrusive_ptr<Connection> connection(&connections_.front());
    connection->kill();
  }
}

void Connections::add(UniqueFd socket, int family, std::string remote_address,
                      const TlsContext* tls) {
  loop_.refresh();
  const boost::intrusive_ptr<Connection> connection(
      new Connection(*this, std::move(socket), family, std::move(remote_address), tls));
  connections_.push_back(*connection);
  ++count_;
  connection->begin();
}

void Connections::drain(Drain how) {
  draining_ = how;
  if (how != Drain::kStop) return;
  // Behind the reads that the loop has finished but not yet told of: their requests are answered.
  boost::asio::post(loop_.io(), [this, alive = std::weak_ptr<void>(alive_)] {
    if (!alive.expired()) loop_.wakeIdle();
  });
}

void Connections::remove(Connection& connection) {
  connections_.erase(decltype(connections_)::s_iterator_to(connection));
  --count_;
  on_end_();
}

void Connections::tellDate() {
  date_ = loop_.date();
  standard_fields_ = "Date: " + formatDate(date_) + "\r\nServer: wagi/" WAGI_VERSION "\r\n";
}

}  // namespace wagi::http
