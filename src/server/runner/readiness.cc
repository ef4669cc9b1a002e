#include "server/runner/readiness.h"

#include <boost/asio/detail/epoll_reactor.hpp>

namespace wagi::runner {
namespace {

using boost::asio::detail::epoll_reactor;

// Asio keeps the descriptor to itself; an explicit instantiation may name what is private.
template <int epoll_reactor::* kMember>
struct PrivateMember {
  friend int epollOf(const epoll_reactor& reactor) { return reactor.*kMember; }
};
int epollOf(const epoll_reactor& reactor);
template struct PrivateMember<&epoll_reactor::epoll_fd_>;

}  // namespace

int readinessOf(boost::asio::io_context& loop) {
  return epollOf(boost::asio::use_service<epoll_reactor>(loop));
}

}  // namespace wagi::runner
