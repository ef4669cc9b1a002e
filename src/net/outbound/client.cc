#include "net/outbound/client.h"

#include <utility>

namespace wagi::outbound {

Client::Client(boost::asio::io_context& io, UniqueFd connector, Settings settings)
    : io_(io),
      settings_(std::move(settings)),
      connector_(io, std::move(connector), settings_.connector_gone),
      pool_(io, settings_.times.idle_max) {}

Client::~Client() {
  for (Exchange& exchange : exchanges_) exchange.orphan();
  exchanges_.clear();
}

boost::intrusive_ptr<Exchange> Client::make(Request request, std::function<void()> notify) {
  boost::intrusive_ptr<Exchange> exchange(
      new Exchange(*this, std::move(request), std::move(notify)));
  exchanges_.push_back(*exchange);
  return exchange;
}

}  // namespace wagi::outbound
