#include "supply/bindle/shared_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace wagi::bindle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

class SharedChangesTest : public ::testing::Test {
 protected:
  void add(std::string_view id) { SharedChanges::Lock(*changes_).add(id); }
  [[nodiscard]] auto since(std::uint64_t seen) {
    return SharedChanges::Lock(*changes_).since(seen);
  }
  const std::unique_ptr<SharedChanges> changes_ = SharedChanges::create().value();
};

TEST_F(SharedChangesTest, TellsWhatChangedSinceThen) {
  EXPECT_THAT(since(0), Optional(IsEmpty()));
  add("a/1.0.0");
  add("b/1.0.0");
  EXPECT_EQ(changes_->count(), 2u);
  EXPECT_THAT(since(0), Optional(ElementsAre("a/1.0.0", "b/1.0.0")));
  EXPECT_THAT(since(1), Optional(ElementsAre("b/1.0.0")));
  EXPECT_THAT(since(2), Optional(IsEmpty()));
}

TEST_F(SharedChangesTest, WhoWasAwayForTooLongIsTold) {
  for (std::size_t i = 0; i < SharedChanges::kKept; ++i) add(std::to_string(i));
  EXPECT_EQ(since(0)->size(), SharedChanges::kKept);
  add("last");
  EXPECT_EQ(since(0), std::nullopt);
  EXPECT_EQ(since(1)->back(), "last");
}

TEST_F(SharedChangesTest, AnIdThatIsTooLongIsNotKept) {
  add(std::string(SharedChanges::kIdBytesMax, 'x'));
  EXPECT_EQ(since(0)->front().size(), SharedChanges::kIdBytesMax);
  add(std::string(SharedChanges::kIdBytesMax + 1, 'x'));
  EXPECT_EQ(since(0), std::nullopt);
  EXPECT_THAT(since(2), Optional(IsEmpty()));
}

TEST_F(SharedChangesTest, OtherProcessesSeeThemAndOneThatDiesLetsGo) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    SharedChanges::Lock lock(*changes_);
    lock.add("from elsewhere");
    ::raise(SIGKILL);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_THAT(since(0), Optional(ElementsAre("from elsewhere")));
  add("here");
  EXPECT_EQ(changes_->count(), 2u);
}

}  // namespace
}  // namespace wagi::bindle
