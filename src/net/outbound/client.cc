#include "net/outbound/client.h"

#include <utility>

namespace wagi::outbound {

Client::Client(boost::asio::io_context& io, UniqueFd connector, Settings settings,
               const Clock& clock)
    : io_(io),
      settings_(std::move(settings)),
      clock_(clock),
      connector_(io, std::move(connector), settings_.connector_gone),
      pool_(io, settings_.timeouts.idle_max, clock) {}

Client::~Client() {
  for (Call& call : calls_) call.orphan();
  calls_.clear();
}

boost::intrusive_ptr<Call> Client::make(Request request, std::function<void()> notify) {
  boost::intrusive_ptr<Call> call(new Call(*this, std::move(request), std::move(notify)));
  calls_.push_back(*call);
  return call;
}

}  // namespace wagi::outbound
