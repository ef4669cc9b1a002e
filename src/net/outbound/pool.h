// Keeps connections that have served a request and may serve another. Belongs to one worker's
// client.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <compare>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "net/outbound/allowed_hosts.h"
#include "net/outbound/connection.h"

namespace wagi::outbound {

// Connections with equal keys serve each other's requests. The scope of the allowed_hosts entry is
// part of the key, since a connection made for `private:` must not serve a module that isn't
// allowed private addresses.
struct PoolKey {
  Scheme scheme;
  std::string host;
  std::uint16_t port;
  AllowedHost::AddressScope scope;
  auto operator<=>(const PoolKey&) const = default;
};

class Pool {
 public:
  // Borrows `io` and `clock`, which must outlive it.
  Pool(boost::asio::io_context& io, std::chrono::milliseconds idle_max, const Clock& clock)
      : timer_(io), idle_max_(idle_max), clock_(clock) {}

  // Takes the connection that was used last and that its server hasn't closed; null where there is
  // none.
  [[nodiscard]] std::unique_ptr<Connection> take(const PoolKey& key);
  // Keeps a connection for a while. Where there are too many, the least recently used is closed.
  void put(const PoolKey& key, std::unique_ptr<Connection> connection);
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Idle {
    std::unique_ptr<Connection> connection;
    Clock::Time since;
  };
  using Lines = std::map<PoolKey, std::deque<Idle>>;

  void dropOldest();
  void dropExpired();
  void armTimer();

  Lines lines_;  // Each sorted, the least recently used first; none is empty.
  std::size_t size_ = 0;
  boost::asio::steady_timer timer_;
  bool armed_ = false;  // Only while there are connections, so that an idle worker never wakes.
  const std::chrono::milliseconds idle_max_;
  const Clock& clock_;
};

}  // namespace wagi::outbound
