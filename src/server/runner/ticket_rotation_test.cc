#include "server/runner/ticket_rotation.h"

#include <gtest/gtest.h>

namespace wagi::runner {
namespace {

using namespace std::chrono_literals;

TEST(TicketRotation, MakesKeysOnceAndRotatesThemWhenItIsDue) {
  TicketRotation rotation;
  const TicketRotation::Clock::time_point start{1h};
  rotation.step(start);
  EXPECT_EQ(rotation.deadline(), std::nullopt) << "nobody has asked for keys";
  const http::TicketKeys* keys = rotation.keys(start).value();
  EXPECT_EQ(rotation.keys(start + 1h).value(), keys);
  const auto due = start + http::TicketKeys::kRotation;
  ASSERT_EQ(rotation.deadline(), due);
  const auto first = keys->newest().name;
  rotation.step(due - 1ms);
  EXPECT_EQ(keys->newest().name, first);
  rotation.step(due);
  EXPECT_NE(keys->newest().name, first);
  EXPECT_EQ(rotation.deadline(), due + http::TicketKeys::kRotation);
}

}  // namespace
}  // namespace wagi::runner
