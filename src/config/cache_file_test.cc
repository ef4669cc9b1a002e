#include "config/cache_file.h"

#include <gtest/gtest.h>

namespace wagi::config {
namespace {

std::string mistakes(std::string_view text) {
  const auto cache = parseCacheFile(text, "cache.toml");
  return cache ? "none" : config::text(cache.error());
}

TEST(CacheFileTest, UsualFile) {
  const auto cache = parseCacheFile(
      "[cache]\nenabled = true\ndirectory = \"/var/cache/wagi\"\ncleanup-interval = \"1d\"\n"
      "files-total-size-soft-limit = \"10Gi\"\nfile-count-soft-limit = \"64K\"\n",
      "cache.toml");
  ASSERT_TRUE(cache);
  EXPECT_TRUE(cache->enabled);
  EXPECT_EQ(cache->directory, "/var/cache/wagi");
  EXPECT_EQ(cache->files_total_bytes_soft_max, 10ULL << 30);
  EXPECT_EQ(cache->files_soft_max, 64'000u);
  EXPECT_EQ(text(cache->warnings),
            "cache.toml:4:20: `cleanup-interval` has no effect on this cache");
}

TEST(CacheFileTest, DefaultsAreTheDocumentedOnes) {
  const auto cache = parseCacheFile("[cache]\n", "cache.toml");
  ASSERT_TRUE(cache);
  EXPECT_TRUE(cache->enabled);
  EXPECT_EQ(cache->directory, std::nullopt);
  EXPECT_EQ(cache->files_total_bytes_soft_max, 512ULL << 20);
  EXPECT_EQ(cache->files_soft_max, 65'536u);
  EXPECT_FALSE(parseCacheFile("[cache]\nenabled = false\n", "cache.toml")->enabled);
}

TEST(CacheFileTest, EveryDocumentedKeyIsKnown) {
  const auto cache = parseCacheFile(
      "[cache]\nworker-event-queue-size = \"16\"\nbaseline-compression-level = 3\n"
      "optimized-compression-level = 20\noptimized-compression-usage-counter-threshold = \"256\"\n"
      "cleanup-interval = \"1h\"\noptimizing-compression-task-timeout = \"30m\"\n"
      "allowed-clock-drift-for-files-from-future = \"1d\"\n"
      "file-count-limit-percent-if-deleting = \"70%\"\n"
      "files-total-size-limit-percent-if-deleting = \"70%\"\n",
      "cache.toml");
  ASSERT_TRUE(cache);
  EXPECT_EQ(cache->warnings.size(), 9u);
}

TEST(CacheFileTest, MistakesHaveTheirPlace) {
  EXPECT_EQ(mistakes(""), "cache.toml: there is no table [cache]");
  EXPECT_EQ(mistakes("cache = 1"), "cache.toml:1:9: `cache`: expected a table, found an integer");
  EXPECT_EQ(mistakes("[cache]\nenabled = 1\ndirectory = \"x\"\nenable = true\n"),
            "cache.toml:2:11: `enabled`: expected true or false, found an integer\n"
            "cache.toml:3:13: `directory`: `x` must be an absolute path\n"
            "cache.toml:4:1: unknown key `enable` in [cache]: the nearest known key is `enabled`");
  EXPECT_EQ(mistakes("[cache]\nfile-count-soft-limit = -1\n"),
            "cache.toml:2:25: `file-count-soft-limit` must not be negative");
  EXPECT_NE(mistakes("[cache\n").find("cache.toml:1:7: "), std::string::npos);
}

}  // namespace
}  // namespace wagi::config
