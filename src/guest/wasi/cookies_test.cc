#include "guest/wasi/cookies.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>

namespace wagi::wasi {
namespace {

constexpr std::size_t kMany = 100'000;

TEST(CookiesTest, CountsThePositionsThatItIsAsked) {
  Cookies cookies;
  EXPECT_EQ(cookies.of(0x7fff'ffff'ffff'ffff, kMany), 1);
  EXPECT_EQ(cookies.of(0x1234'5678'9abc'def0, kMany), 2);
  EXPECT_EQ(cookies.of(0, kMany), 3);
  EXPECT_EQ(cookies.of(0x1234'5678'9abc'def0, kMany), 2) << "a position has one cookie";
  EXPECT_EQ(cookies.size(), 3);
  EXPECT_EQ(cookies.position(0), 0);
  EXPECT_EQ(cookies.position(1), 0x7fff'ffff'ffff'ffff);
  EXPECT_EQ(cookies.position(2), 0x1234'5678'9abc'def0);
  EXPECT_EQ(cookies.position(3), 0);
}

TEST(CookiesTest, KnowsWhatItGaveOnly) {
  Cookies cookies;
  EXPECT_EQ(cookies.position(0), 0) << "the beginning is known to all";
  EXPECT_EQ(cookies.position(1), std::nullopt);
  EXPECT_EQ(cookies.of(7, kMany), 1);
  for (const std::uint64_t cookie : {std::uint64_t{2}, std::uint64_t{7}, std::uint64_t{1} << 62}) {
    EXPECT_EQ(cookies.position(cookie), std::nullopt) << cookie;
  }
}

// File systems' positions are counters or ascending hashes, and may have equal lowest bits.
TEST(CookiesTest, KeepsManyOfEveryKind) {
  for (const std::int64_t step :
       {std::int64_t{1}, std::int64_t{1} << 32, std::int64_t{0x1234'5679}}) {
    Cookies cookies;
    std::int64_t position = 3;
    for (std::size_t i = 1; i <= kMany; ++i, position += step) {
      ASSERT_EQ(cookies.of(position, kMany), i);
    }
    position = 3;
    for (std::size_t i = 1; i <= kMany; ++i, position += step) {
      ASSERT_EQ(cookies.of(position, kMany), i);
      ASSERT_EQ(cookies.position(i), position);
    }
  }
}

TEST(CookiesTest, PastItsLimitAPositionIsItsOwnCookie) {
  constexpr std::uint64_t kMark = std::uint64_t{1} << 63;
  Cookies cookies;
  EXPECT_EQ(cookies.of(50, 2), 1);
  EXPECT_EQ(cookies.of(60, 2), 2);
  EXPECT_EQ(cookies.of(1, 2), kMark | 1) << "not taken for the first cookie";
  EXPECT_EQ(cookies.position(kMark | 1), 1);
  constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(cookies.position(cookies.of(kLast, 2)), kLast);
  EXPECT_EQ(cookies.size(), 2);
  EXPECT_EQ(cookies.of(60, 2), 2) << "what is kept stays";
}

}  // namespace
}  // namespace wagi::wasi
