// Connections that have served a request and may serve another one. Belongs to one worker's client.
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

#include "net/outbound/allowed_hosts.h"
#include "net/outbound/connection.h"

namespace wagi::outbound {

// Connections with equal keys serve each other's requests. What an entry may reach is part of it: a
// connection that `private:` made must not serve a module that isn't allowed private addresses.
struct PoolKey {
  Scheme scheme;
  std::string host;
  std::uint16_t port;
  AllowedHost::Reach reach;
  auto operator<=>(const PoolKey&) const = default;
};

class Pool {
 public:
  using Clock = std::chrono::steady_clock;

  Pool(boost::asio::io_context& io, std::chrono::milliseconds idle_max)
      : timer_(io), idle_max_(idle_max) {}

  // One that its server hasn't closed, the latest used first; null when there is none.
  [[nodiscard]] std::unique_ptr<Connection> take(const PoolKey& key);
  // Keeps it for a while. Where there are too many, the one that is unused for longest goes.
  void put(const PoolKey& key, std::unique_ptr<Connection> connection);
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Idle {
    std::unique_ptr<Connection> connection;
    Clock::time_point since;
  };
  using Lines = std::map<PoolKey, std::deque<Idle>>;

  void dropOldest();
  void dropExpired();
  void armTimer();

  Lines lines_;  // Of each key the longest unused first; no line is empty.
  std::size_t size_ = 0;
  boost::asio::steady_timer timer_;
  bool armed_ = false;  // While there are connections, and not longer: nobody wakes an idle worker.
  const std::chrono::milliseconds idle_max_;
};

}  // namespace wagi::outbound
