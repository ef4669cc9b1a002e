#include "lockdown/probe.h"

#include <gtest/gtest.h>

namespace wagi::lockdown {
namespace {

bool kernelHasAll() { return landlockAbi() >= kLandlockAbiMin && canFilterSystemCalls(); }

TEST(Probe, EveryEscapeIsRefused) {
  if (!kernelHasAll()) GTEST_SKIP() << "this kernel lacks Landlock or seccomp";
  const auto outcomes = probe({});
  ASSERT_TRUE(outcomes) << outcomes.error().message;
  EXPECT_EQ(outcomes->size(), escapes().size());
  for (const Outcome& outcome : *outcomes) {
    EXPECT_TRUE(outcome.refused) << outcome.what << ": " << outcome.how;
  }
}

TEST(Probe, OfAComputationThatHasNoFilesToo) {
  if (!kernelHasAll()) GTEST_SKIP() << "this kernel lacks Landlock or seccomp";
  const auto outcomes = probe({.user = {}, .folders = {}, .calls = SystemCallList::kNoFiles});
  ASSERT_TRUE(outcomes) << outcomes.error().message;
  for (const Outcome& outcome : *outcomes) {
    EXPECT_TRUE(outcome.refused) << outcome.what << ": " << outcome.how;
  }
}

TEST(Probe, EveryEscapeButSocketsIsRefusedToAFetcher) {
  if (!kernelHasAll()) GTEST_SKIP() << "this kernel lacks Landlock or seccomp";
  const auto outcomes = probe({.user = {}, .folders = {}, .calls = SystemCallList::kFetcher});
  ASSERT_TRUE(outcomes) << outcomes.error().message;
  EXPECT_EQ(outcomes->size(), escapes().size() - 2);
  for (const Outcome& outcome : *outcomes) {
    EXPECT_TRUE(outcome.refused) << outcome.what << ": " << outcome.how;
  }
}

// An escape that fails even for an unrestricted root would prove nothing.
TEST(Probe, WhatIsTriedWorksWithoutLockdown) {
  const std::span<const Escape> all = escapes();
  EXPECT_GE(all.front().attempt(), 0) << all.front().what;
  EXPECT_FALSE(outcomeOf(all.front(), 3).refused);
  EXPECT_EQ(outcomeOf(all.front(), -13).how, "EACCES");
  EXPECT_TRUE(outcomeOfEnd(all.front(), 31).refused);
  EXPECT_FALSE(outcomeOfEnd(all.front(), 11).refused) << "a crash is no refusal";
}

TEST(Probe, SaysWhyAProcessCouldNotBeLockedDown) {
  User nobody_at_all{"nobody-at-all", 12'345, 12'345, {12'345}};
  if (::geteuid() == 0) GTEST_SKIP() << "root becomes anybody";
  const auto outcomes = probe({.user = nobody_at_all, .folders = {}});
  ASSERT_FALSE(outcomes);
  EXPECT_NE(outcomes.error().message.find("nobody-at-all"), std::string::npos);
}

}  // namespace
}  // namespace wagi::lockdown
