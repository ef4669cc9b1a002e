#include "net/outbound/pool.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <vector>

#include "net/outbound/limits.h"

namespace wagi::outbound {
namespace {

using AddressScope = AllowedHost::AddressScope;
using std::chrono::milliseconds;

class PoolTest : public testing::Test {
 protected:
  // A connection whose other end the test holds, as peers_.back().
  std::unique_ptr<Connection> connection() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    peers_.emplace_back(ends[1]);
    return std::make_unique<Connection>(io_, UniqueFd(ends[0]), count_);
  }

  static inline const PoolKey kKey{Scheme::kHttp, "a.example", 80, AddressScope::kPublic};

  boost::asio::io_context io_;
  const std::shared_ptr<std::size_t> count_ = std::make_shared<std::size_t>(0);
  std::vector<UniqueFd> peers_;
  ManualClock clock_;
  Pool pool_{io_, milliseconds(60'000), clock_};
};

TEST_F(PoolTest, TheLatestIsTakenFirst) {
  auto first = connection(), second = connection();
  const Connection* const latest = second.get();
  pool_.put(kKey, std::move(first));
  pool_.put(kKey, std::move(second));
  EXPECT_EQ(pool_.take(kKey).get(), latest);
  EXPECT_TRUE(pool_.take(kKey));
  EXPECT_FALSE(pool_.take(kKey));
}

TEST_F(PoolTest, KeysAreKeptApart) {
  pool_.put(kKey, connection());
  for (const PoolKey& other : {PoolKey{Scheme::kHttps, "a.example", 80, AddressScope::kPublic},
                               PoolKey{Scheme::kHttp, "b.example", 80, AddressScope::kPublic},
                               PoolKey{Scheme::kHttp, "a.example", 81, AddressScope::kPublic},
                               PoolKey{Scheme::kHttp, "a.example", 80, AddressScope::kPrivate}}) {
    EXPECT_FALSE(pool_.take(other));
  }
  EXPECT_EQ(pool_.size(), 1u);
}

TEST_F(PoolTest, WhatWasClosedOrSaysMoreIsDropped) {
  pool_.put(kKey, connection());
  peers_.back().reset();
  pool_.put(kKey, connection());
  EXPECT_EQ(::write(peers_.back().get(), "x", 1), 1);
  EXPECT_FALSE(pool_.take(kKey));
  EXPECT_EQ(pool_.size(), 0u);
  EXPECT_EQ(*count_, 0u);
}

TEST_F(PoolTest, NumbersAreLimited) {
  for (std::size_t i = 0; i <= kIdleOfOriginMax; ++i) pool_.put(kKey, connection());
  EXPECT_EQ(pool_.size(), kIdleOfOriginMax);
  PoolKey key = kKey;
  for (std::size_t i = 0; i <= kIdleMax; ++i) {
    clock_.advance(milliseconds(1));
    key.port = static_cast<std::uint16_t>(1000 + i);
    pool_.put(key, connection());
  }
  EXPECT_EQ(pool_.size(), kIdleMax);
  EXPECT_EQ(*count_, kIdleMax);
  EXPECT_FALSE(pool_.take(kKey)) << "the oldest went first";
}

TEST_F(PoolTest, TheyExpireAndThenNobodyIsWoken) {
  Pool pool(io_, milliseconds(1), clock_);
  pool.put(kKey, connection());
  clock_.advance(milliseconds(1));
  pool.put(kKey, connection());
  io_.run_one();
  EXPECT_EQ(pool.size(), 1u) << "the second one is new";
  clock_.advance(milliseconds(1));
  io_.run();  // Returns once no timer is left.
  EXPECT_EQ(pool.size(), 0u);
  EXPECT_EQ(*count_, 0u);
}

}  // namespace
}  // namespace wagi::outbound
