#include "cli/progress.h"

#include <gtest/gtest.h>

namespace wagi::cli {
namespace {

TEST(ProgressTest, Text) {
  EXPECT_EQ(progressText(0, 1024), "[>                             ]   0 %  0 bytes of 1.0 KiB");
  EXPECT_EQ(progressText(512, 1024),
            "[===============>              ]  50 %  512 bytes of 1.0 KiB");
  EXPECT_EQ(progressText(1024, 1024), "[==============================] 100 %  1.0 KiB of 1.0 KiB");
  EXPECT_EQ(progressText(2048, 1024), "[==============================] 100 %  2.0 KiB of 1.0 KiB");
  EXPECT_EQ(progressText(1536, std::nullopt), "1.5 KiB");
  EXPECT_EQ(progressText(1, 0), "1 byte");
}

TEST(ProgressTest, Sizes) {
  EXPECT_EQ(sizeText(1023), "1023 bytes");
  EXPECT_EQ(sizeText(27ULL << 20), "27.0 MiB");
  EXPECT_EQ(sizeText(UINT64_MAX), "16777216.0 TiB");
}

}  // namespace
}  // namespace wagi::cli
