#include "server/supervisor/kills.h"

#include <gtest/gtest.h>

namespace wagi::supervisor {
namespace {

using std::chrono::seconds;

TEST(Kills, AreTooManyWithinTheWindow) {
  Kills kills;
  const Kills::TimePoint start;
  for (std::size_t i = 1; i < Kills::kKillsMax; ++i) EXPECT_FALSE(kills.add(start + seconds(i)));
  EXPECT_TRUE(kills.add(start + seconds(Kills::kKillsMax)));
}

TEST(Kills, AreForgottenAfterIt) {
  Kills kills;
  const Kills::TimePoint start;
  const auto apart = Kills::kWindow / (Kills::kKillsMax - 1);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(kills.add(start + i * apart));
}

}  // namespace
}  // namespace wagi::supervisor
