// Tests where wasi_unstable, the predecessor of preview 1, has another layout or other numbers.
#include <gtest/gtest.h>

#include "guest/wasi/folder_testing.h"

namespace wagi::wasi {
namespace {

using U32 = std::uint32_t;
using U64 = std::uint64_t;

class Snapshot0Test : public testing::Test {
 protected:
  Snapshot0Test() {
    folder_.write("f", "0123456789");
    world_.preopens = {{"/data", opened_.get(), false}};
    guest_.emplace(world_, Abi::kSnapshot0);
  }
  TemporaryFolder folder_;
  UniqueFd opened_ = folder_.open();
  World world_;
  std::optional<Guest> guest_;
};

TEST_F(Snapshot0Test, WhenceCountsFromTheCurrentPosition) {
  const U32 fd = guest_->open("f");
  const auto seek = [&](std::int64_t offset, U32 whence) {
    EXPECT_EQ(guest_->call("fd_seek", {fd, static_cast<U64>(offset), whence, 0}), Errno::kSuccess);
    return guest_->load<U64>(0);
  };
  EXPECT_EQ(seek(2, 2), 2) << "2 is the beginning";
  EXPECT_EQ(seek(3, 0), 5) << "0 is here";
  EXPECT_EQ(seek(-1, 1), 9) << "1 is the end";
}

TEST_F(Snapshot0Test, FilestatHasAShortLinkCount) {
  const U32 fd = guest_->open("f");
  guest_->store<U64>(56, 0x1122334455667788);
  EXPECT_EQ(guest_->call("fd_filestat_get", {fd, 0}), Errno::kSuccess);
  EXPECT_EQ(guest_->load<std::uint8_t>(16), static_cast<U32>(Filetype::kRegularFile));
  EXPECT_EQ(guest_->load<U32>(20), 1);
  EXPECT_EQ(guest_->load<U64>(24), 10);
  EXPECT_EQ(guest_->load<U64>(56), 0x1122334455667788) << "56 bytes, not 64";
  const U64 inode = guest_->load<U64>(8);
  EXPECT_EQ(guest_->call("path_filestat_get", {3, 0, guest_->put("f"), 1, 0}), Errno::kSuccess);
  EXPECT_EQ(guest_->load<U64>(8), inode);
  EXPECT_EQ(guest_->call("fd_filestat_get", {fd, Guest::kMemoryBytes - 56}), Errno::kSuccess);
  EXPECT_EQ(guest_->call("fd_filestat_get", {fd, Guest::kMemoryBytes - 55}), Errno::kFault);
}

TEST_F(Snapshot0Test, SubscriptionsHaveAnIdentifier) {
  const U32 at = 1024;
  guest_->store<U64>(at, 7);       // The userdata.
  guest_->store<U32>(at + 24, 1);  // The monotonic clock; at 16 is the identifier.
  guest_->store<U64>(at + 16, 0xffffffff);
  guest_->store<U64>(at + 32, 1'000'000'000);  // One second.
  guest_->store<U64>(at + 56, 8);              // The second subscription, to a descriptor.
  guest_->store<std::uint8_t>(at + 64, kEventtypeFdRead);
  guest_->store<U32>(at + 72, 0);
  ASSERT_EQ(guest_->start("poll_oneoff", {at, 512, 2, 0}), Guest::State::kSuspended);
  EXPECT_TRUE(guest_->wait().in);
  EXPECT_EQ(guest_->wait().until, world_.system.monotonicClock() + std::chrono::seconds(1));
  world_.system.pass(std::chrono::seconds(1));
  ASSERT_EQ(guest_->resume(), Guest::State::kReturned);
  EXPECT_EQ(guest_->load<U32>(0), 1);
  EXPECT_EQ(guest_->load<Event>(512).userdata, 7);
}

}  // namespace
}  // namespace wagi::wasi
