#include "net/http/inbox.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace wagi::http {
namespace {

// Receives as much of `bytes` as there is space for: how much that was.
std::size_t receive(Inbox& inbox, std::string_view bytes, std::size_t wanted = 0) {
  std::size_t total = 0;
  while (!bytes.empty()) {
    const auto space = inbox.space(wanted);
    if (space.empty()) break;
    const std::size_t count = std::min(space.size(), bytes.size());
    std::memcpy(space.data(), bytes.data(), count);
    inbox.commit(count);
    bytes.remove_prefix(count);
    total += count;
  }
  return total;
}

TEST(Inbox, GivesBytesBackInOrder) {
  Inbox inbox(16384);
  std::string sent, taken;
  for (int i = 0; i < 1000; ++i) {
    const std::string piece(static_cast<std::size_t>(i % 97), static_cast<char>('a' + i % 26));
    sent += piece;
    ASSERT_EQ(receive(inbox, piece), piece.size());
    const std::size_t count = inbox.raw().size() / 2;
    taken += inbox.raw().substr(0, count);
    inbox.dropRaw(count);
  }
  taken += inbox.raw();
  EXPECT_EQ(taken, sent);
}

TEST(Inbox, TakesNoMoreThanItsLimit) {
  Inbox inbox(10'000);
  EXPECT_EQ(receive(inbox, std::string(50'000, 'x')), 10'000U);
  EXPECT_TRUE(inbox.space().empty());
  inbox.dropRaw(1);
  EXPECT_EQ(receive(inbox, "yz"), 1U);
  EXPECT_EQ(inbox.raw(), std::string(9999, 'x') + "y");
}

TEST(Inbox, KeepsPinnedBytesInPlace) {
  Inbox inbox(16384);
  receive(inbox, "head" + std::string(3000, 'x'));
  const std::string_view head = inbox.raw().substr(0, 4);
  inbox.dropRaw(4);
  inbox.pin();
  EXPECT_EQ(receive(inbox, std::string(20'000, 'y')), 16384U - 3000U);
  EXPECT_EQ(head, "head");
  EXPECT_EQ(inbox.raw(), std::string(3000, 'x') + std::string(16384 - 3000, 'y'));
  inbox.unpin();
  inbox.dropRaw(inbox.raw().size());
  EXPECT_EQ(inbox.space().size(), Inbox::kBlockBytes);
}

TEST(Inbox, PutsPiecesOfABodyTogether) {
  Inbox inbox(4096);
  receive(inbox, "<ab><cd>e");
  for (int i = 0; i < 2; ++i) {
    inbox.makeReady(inbox.raw().substr(1, 2));
    inbox.dropRaw(4);
  }
  EXPECT_EQ(inbox.ready(), "abcd");
  EXPECT_EQ(inbox.raw(), "e");
  inbox.dropReady(3);
  EXPECT_EQ(receive(inbox, std::string(5000, 'f')), 4096U - 2U);
  EXPECT_EQ(inbox.ready(), "d");
  EXPECT_EQ(inbox.raw().substr(0, 2), "ef");
}

TEST(Inbox, GrowsToWhatIsWantedAndShrinksWhenIdle) {
  Inbox inbox(65536);
  EXPECT_EQ(inbox.space().size(), Inbox::kBlockBytes);
  EXPECT_EQ(inbox.space(65536).size(), 65536U);
  EXPECT_EQ(inbox.space(100'000).size(), 65536U);
  EXPECT_EQ(inbox.space().size(), Inbox::kBlockBytes);
}

}  // namespace
}  // namespace wagi::http
