#include "net/http/ticket_keys.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

namespace wagi::http {
namespace {

TEST(TicketKeys, OpenWhatTheNewestFewHaveSealed) {
  const auto keys = TicketKeys::create().value();
  const TicketKeys::Key first = keys->newest();
  ASSERT_TRUE(keys->find(first.name));
  EXPECT_TRUE(keys->find(first.name)->is_newest);
  for (std::size_t i = 1; i < TicketKeys::kKept; ++i) {
    ASSERT_TRUE(keys->rotate());
    EXPECT_NE(keys->newest().name, first.name);
    const auto found = keys->find(first.name);
    ASSERT_TRUE(found) << i;
    EXPECT_FALSE(found->is_newest);
    EXPECT_EQ(found->key.cipher, first.cipher);
    EXPECT_EQ(found->key.mac, first.mac);
  }
  ASSERT_TRUE(keys->rotate());
  EXPECT_FALSE(keys->find(first.name));
}

// Workers, which are forked, have the keys, and see those that come later.
TEST(TicketKeys, AreLentToForkedProcesses) {
  const auto keys = TicketKeys::create().value();
  keys->lend(true);
  const TicketKeys::Key first = keys->newest();
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char byte = 0;
    const bool told = ::read(ends[0], &byte, 1) == 1;
    const auto found = keys->find(first.name);
    ::_exit(told && found && !found->is_newest ? 0 : 1);
  }
  ASSERT_TRUE(keys->rotate());
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(TicketKeys, AreWithheldFromOtherForkedProcesses) {
  const auto keys = TicketKeys::create().value();
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGSEGV, SIG_DFL);
    (void)keys->newest();
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_NE(status, 0) << "the memory was there";
}

}  // namespace
}  // namespace wagi::http
