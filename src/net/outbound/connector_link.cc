#include "net/outbound/connector_link.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "net/outbound/connector.h"

namespace wagi::outbound {
namespace {

namespace asio = boost::asio;

std::unexpected<Refusal> failed(std::string message) {
  return std::unexpected(Refusal{Refusal::Kind::kFailed, std::move(message)});
}

ConnectRequest requestOf(std::uint32_t id, std::size_t route, const Origin& origin) {
  ConnectRequest request{.id = id,
                         .route = static_cast<std::uint32_t>(route),
                         .port = origin.port,
                         .scheme = origin.scheme};
  const bool brackets = origin.host.address && origin.host.address->v6;
  const std::string host = brackets ? fmt::format("[{}]", origin.host.name) : origin.host.name;
  std::ranges::copy(host.substr(0, request.host.size() - 1), request.host.begin());
  return request;
}

}  // namespace

ConnectorLink::ConnectorLink(asio::io_context& io, UniqueFd socket, std::function<void()> gone)
    : io_(io), socket_(io, socket.release()), gone_(std::move(gone)) {
  watch();
}

asio::awaitable<std::expected<UniqueFd, Refusal>> ConnectorLink::connect(
    std::size_t route, Origin origin, std::chrono::milliseconds time_max) {
  const std::uint32_t id = next_id_++;
  const auto of_route =
      std::ranges::count(asked_, route, [](const auto& asked) { return asked.second->route; });
  if (static_cast<std::size_t>(of_route) >= kConnectsAskedMax) {
    co_return failed("too many connections are being made");
  }
  queue_.push_back(requestOf(id, route, origin));
  sendQueued();
  const auto asked = std::make_shared<Asked>(io_, route);
  asked_.emplace(id, asked);
  // A second longer than the connector's own limit, since its reply says more than a timeout here.
  asked->answered.expires_after(time_max + std::chrono::seconds(1));
  co_await asked->answered.async_wait(asio::as_tuple(asio::use_awaitable));
  asked_.erase(id);
  if (!asked->reply) co_return failed(origin.authority() + ": no connection in time");
  co_return *std::move(asked->reply);
}

void ConnectorLink::sendQueued() {
  while (!queue_.empty() && !sending_) {
    const ConnectRequest& request = queue_.front();
    const ssize_t sent =
        ::send(socket_.native_handle(), &request, sizeof request, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) return;  // The connector has died, which watch() notices.
    if (sent >= 0) {
      queue_.pop_front();
      continue;
    }
    sending_ = true;
    socket_.async_wait(asio::posix::stream_descriptor::wait_write,
                       [this](const boost::system::error_code& error) {
                         if (error) return;  // The link is gone.
                         sending_ = false;
                         sendQueued();
                       });
  }
}

void ConnectorLink::watch() {
  socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                     [this](const boost::system::error_code& error) {
                       if (error) return;  // The link is gone.
                       if (receive()) {
                         watch();
                       } else {
                         gone_();
                       }
                     });
}

bool ConnectorLink::receive() {
  ConnectReply reply;
  iovec bytes{&reply, sizeof reply};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const ssize_t count =
      ::recvmsg(socket_.native_handle(), &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (count != sizeof reply) return false;
  UniqueFd connected;
  const cmsghdr* const rights = CMSG_FIRSTHDR(&header);
  if (rights != nullptr && rights->cmsg_type == SCM_RIGHTS) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(rights), sizeof fd);
    connected.reset(fd);
  }
  const auto asked = asked_.find(reply.id);
  if (asked == asked_.end()) return true;  // The reply has come too late.
  if (connected) {
    asked->second->reply.emplace(std::move(connected));
  } else if (reply.outcome == ConnectReply::Outcome::kConnected) {
    // The reply lacks its socket, since the kernel had no descriptor left for it.
    asked->second->reply.emplace(failed("no descriptor is left for a connection"));
  } else {
    const auto kind = reply.outcome == ConnectReply::Outcome::kNotAllowed
                          ? Refusal::Kind::kNotAllowed
                          : Refusal::Kind::kFailed;
    reply.message.back() = '\0';
    asked->second->reply.emplace(std::unexpected(Refusal{kind, reply.message.data()}));
  }
  asked->second->answered.cancel();
  return true;
}

}  // namespace wagi::outbound
