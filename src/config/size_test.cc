#include "config/size.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/nearest.h"

namespace wagi::config {
namespace {

TEST(SizeTest, NumbersWithUnits) {
  EXPECT_EQ(parseSize("0"), 0u);
  EXPECT_EQ(parseSize("1048576"), 1u << 20);
  EXPECT_EQ(parseSize("100B"), 100u);
  EXPECT_EQ(parseSize("128MiB"), 128u << 20);
  EXPECT_EQ(parseSize("64 KiB"), 64u << 10);
  EXPECT_EQ(parseSize("1GiB"), 1u << 30);
  EXPECT_EQ(parseSize("10Gi"), 10ULL << 30);
  EXPECT_EQ(parseSize("10MB"), 10'000'000u);
  EXPECT_EQ(parseSize("5K"), 5'000u);
  EXPECT_EQ(parseSize("2 TiB"), 2ULL << 40);
  EXPECT_EQ(parseSize("3PiB"), 3ULL << 50);
}

TEST(SizeTest, WhatIsNoSize) {
  for (const char* text : {"", "B", "MiB", "-1", "+1", "1.5GiB", "1 ", "1  MiB", "1MiBB", "1Xi",
                           "1 MiB ", " 1", "1iB", "1Mib", "1kB", "0x10"}) {
    ASSERT_FALSE(parseSize(text)) << text;
    EXPECT_THAT(parseSize(text).error().message, testing::HasSubstr("is no size: expected"));
  }
}

TEST(SizeTest, WhatIsTooLarge) {
  for (const char* text : {"99999999999999999999", "18446744073709551615K", "16384PiB"}) {
    ASSERT_FALSE(parseSize(text)) << text;
    EXPECT_THAT(parseSize(text).error().message, testing::HasSubstr("is too large"));
  }
  EXPECT_EQ(parseSize("16383PiB"), 16383ULL << 50);
}

TEST(NearestTest, FewestEdits) {
  constexpr std::string_view kKeys[] = {"route", "module", "entrypoint", "environment"};
  EXPECT_EQ(nearest("rout", kKeys), "route");
  EXPECT_EQ(nearest("modul3", kKeys), "module");
  EXPECT_EQ(nearest("entry_point", kKeys), "entrypoint");
  EXPECT_EQ(nearest("environmant", kKeys), "environment");
  EXPECT_EQ(nearest("module", kKeys), "module");
  EXPECT_EQ(nearest("ruote", kKeys), "route");
}

TEST(NearestTest, WhatIsFarIsNotNamed) {
  constexpr std::string_view kKeys[] = {"module", "server", "registries", "trust"};
  for (const char* word : {"", "x", "default_host", "environment", "modus operandi", "rent"}) {
    EXPECT_EQ(nearest(word, kKeys), std::nullopt) << word;
  }
  EXPECT_EQ(nearest(std::string(100'000, 'x'), kKeys), std::nullopt);
  EXPECT_EQ(nearest("module", {}), std::nullopt);
}

}  // namespace
}  // namespace wagi::config
