// Tests stdin, stdout and stderr: their bytes, their types, and waiting for input.
#include <gtest/gtest.h>

#include "guest/wasi/guest_testing.h"
#include "guest/wasi/limits.h"

namespace wagi::wasi {
namespace {

using U32 = std::uint32_t;
using U64 = std::uint64_t;
using State = Guest::State;

class StdioTest : public testing::Test {
 protected:
  World world_;
  Guest guest_{world_};

  // Starts to read up to `length` bytes from stdin into `buffer_`.
  State read(U32 length) {
    return guest_.start("fd_read", {0, guest_.iovecs({{buffer_, length}}), 1, 0});
  }
  std::string got() const { return guest_.text(buffer_, guest_.load<U32>(0)); }
  const U32 buffer_ = 500;
};

TEST_F(StdioTest, WritesGoToTheirStreams) {
  guest_.write(1, "hello");
  guest_.write(2, "oops");
  guest_.write(1, "");
  EXPECT_EQ(world_.out.text, "hello");
  EXPECT_EQ(world_.err.text, "oops");
}

TEST_F(StdioTest, BuffersAreWrittenInOrder) {
  const Iovec a{guest_.put("ab"), 2}, none{0xffff, 0}, c{guest_.put("cde"), 3};
  EXPECT_EQ(guest_.call("fd_write", {1, guest_.iovecs({a, none, c}), 3, 0}), Errno::kSuccess);
  EXPECT_EQ(guest_.load<U32>(0), 5);
  EXPECT_EQ(world_.out.text, "abcde");
}

TEST_F(StdioTest, AFullOutputTakesPartThenSaysAgain) {
  world_.out.room = 4;
  const U32 iovecs = guest_.iovecs({{guest_.put("abc"), 3}, {guest_.put("def"), 3}});
  EXPECT_EQ(guest_.call("fd_write", {1, iovecs, 2, 0}), Errno::kSuccess);
  EXPECT_EQ(guest_.load<U32>(0), 4);
  EXPECT_EQ(guest_.call("fd_write", {1, iovecs, 2, 0}), Errno::kAgain);
  EXPECT_EQ(world_.out.text, "abcd");
}

TEST_F(StdioTest, AClosedOutputIsABrokenPipe) {
  world_.out.closed = true;
  const U32 iovecs = guest_.iovecs({{guest_.put("abc"), 3}});
  EXPECT_EQ(guest_.call("fd_write", {1, iovecs, 1, 0}), Errno::kPipe);
  guest_.write(2, "still open");
}

TEST_F(StdioTest, StreamsGoOneWayAndHaveNoPosition) {
  const U32 iovecs = guest_.iovecs({{guest_.put("abc"), 3}});
  EXPECT_EQ(guest_.call("fd_write", {0, iovecs, 1, 0}), Errno::kBadf);
  EXPECT_EQ(guest_.call("fd_read", {1, iovecs, 1, 0}), Errno::kBadf);
  EXPECT_EQ(guest_.call("fd_pread", {0, iovecs, 1, 0, 0}), Errno::kSpipe);
  EXPECT_EQ(guest_.call("fd_pwrite", {1, iovecs, 1, 0, 0}), Errno::kSpipe);
  EXPECT_EQ(guest_.call("fd_pread", {1, iovecs, 1, 0, 0}), Errno::kBadf);
  EXPECT_EQ(guest_.call("fd_seek", {0, 0, 1, 0}), Errno::kSpipe);
  EXPECT_EQ(guest_.call("fd_seek", {1, 0, 1, 0}), Errno::kSpipe);
  EXPECT_EQ(guest_.call("fd_tell", {2, 0}), Errno::kSpipe);
  EXPECT_EQ(guest_.call("fd_readdir", {0, 0, 8, 0, 16}), Errno::kNotdir);
  EXPECT_EQ(guest_.call("fd_prestat_get", {0, 0}), Errno::kBadf);
  EXPECT_EQ(guest_.path("path_create_directory", "x", 1), Errno::kNotdir);
}

TEST_F(StdioTest, ManyBuffersAreTakenInPart) {
  std::string array;
  const Iovec one{guest_.put("x"), 1}, none{0, 0};
  for (std::size_t i = 0; i < 1000; ++i) array.append(reinterpret_cast<const char*>(&one), 8);
  EXPECT_EQ(guest_.call("fd_write", {1, guest_.put(array), 1000, 0}), Errno::kSuccess);
  EXPECT_EQ(guest_.load<U32>(0), kIovecsMax);
  EXPECT_EQ(world_.out.text, std::string(kIovecsMax, 'x'));

  // A count of 0 would look like the end of the file, so it is an error if all buffers that the
  // call looks at are empty.
  array.clear();
  for (std::size_t i = 0; i < 1000; ++i) array.append(reinterpret_cast<const char*>(&none), 8);
  EXPECT_EQ(guest_.call("fd_write", {1, guest_.put(array), 1000, 0}), Errno::kInval);
  EXPECT_EQ(guest_.call("fd_write", {1, 0, 0xffffffff, 0}), Errno::kFault);
}

TEST(StdioLimitsTest, OneWriteMovesALimitedNumberOfBytes) {
  World world;
  Guest guest(world, R"((module
      (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 200)
      (func (export "write") (result i32)
        (i32.store (i32.const 12) (i32.const 10000000))
        (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))))");
  EXPECT_EQ(guest.call("write", {}), Errno::kSuccess);
  EXPECT_EQ(guest.load<U32>(0), kTransferBytesMax);
  EXPECT_EQ(world.out.text.size(), kTransferBytesMax);
}

TEST_F(StdioTest, StreamsAreNotTerminals) {
  // libc's isatty(3) asks for a character device that can neither seek nor tell.
  for (U32 fd = 0; fd < 3; ++fd) {
    EXPECT_EQ(guest_.call("fd_fdstat_get", {fd, 0}), Errno::kSuccess);
    const auto stat = guest_.load<Fdstat>(0);
    EXPECT_EQ(stat.filetype, static_cast<U32>(Filetype::kUnknown));
    EXPECT_EQ(stat.flags, 0);
    EXPECT_EQ((stat.rights_base & rights::kFdRead) != 0, fd == 0);
    EXPECT_EQ((stat.rights_base & rights::kFdWrite) != 0, fd != 0);
    EXPECT_EQ(stat.rights_inheriting, 0);
    EXPECT_EQ(guest_.call("fd_filestat_get", {fd, 0}), Errno::kSuccess);
    EXPECT_EQ(guest_.load<Filestat>(0).filetype, static_cast<U64>(Filetype::kUnknown));
    EXPECT_EQ(guest_.load<Filestat>(0).size, 0);
  }
}

TEST(StdioTerminalTest, ATerminalIsACharacterDevice) {
  World world;
  world.in.is_terminal = true;
  world.err.is_terminal = true;
  Guest guest(world);
  for (U32 fd = 0; fd < 3; ++fd) {
    EXPECT_EQ(guest.call("fd_fdstat_get", {fd, 0}), Errno::kSuccess);
    const bool device =
        guest.load<Fdstat>(0).filetype == static_cast<U32>(Filetype::kCharacterDevice);
    EXPECT_EQ(device, fd != 1);
    EXPECT_EQ(guest.load<Fdstat>(0).rights_base & (rights::kFdSeek | rights::kFdTell), 0);
  }
}

TEST_F(StdioTest, AClosedStreamIsGoneAndItsNumberFree) {
  EXPECT_EQ(guest_.call("fd_close", {1}), Errno::kSuccess);
  EXPECT_EQ(guest_.call("fd_close", {1}), Errno::kBadf);
  EXPECT_EQ(guest_.call("fd_write", {1, guest_.iovecs({{0, 1}}), 1, 0}), Errno::kBadf);
  EXPECT_EQ(guest_.call("fd_renumber", {2, 1}), Errno::kBadf) << "both must be open";
}

TEST_F(StdioTest, RenumberMovesAStream) {
  EXPECT_EQ(guest_.call("fd_renumber", {2, 1}), Errno::kSuccess);
  guest_.write(1, "to stderr");
  EXPECT_EQ(world_.err.text, "to stderr");
  EXPECT_EQ(world_.out.text, "");
  EXPECT_EQ(guest_.call("fd_close", {2}), Errno::kBadf);
  EXPECT_EQ(guest_.call("fd_renumber", {1, 1}), Errno::kSuccess);
  guest_.write(1, "!");
}

TEST_F(StdioTest, ReadGivesWhatIsThereThenTheEnd) {
  world_.in.add("hello");
  world_.in.add("world");
  world_.in.end();
  ASSERT_EQ(read(3), State::kReturned);
  EXPECT_EQ(got(), "hel");
  ASSERT_EQ(read(100), State::kReturned);
  EXPECT_EQ(got(), "lo") << "what is here now, without waiting to fill the buffer";
  ASSERT_EQ(read(100), State::kReturned);
  EXPECT_EQ(got(), "world");
  ASSERT_EQ(read(100), State::kReturned);
  EXPECT_EQ(guest_.result(), Errno::kSuccess);
  EXPECT_EQ(got(), "");
}

TEST_F(StdioTest, ReadFillsItsBuffersInOrder) {
  world_.in.add("abcd");
  const U32 iovecs = guest_.iovecs({{500, 1}, {0, 0}, {600, 2}, {700, 50}});
  EXPECT_EQ(guest_.call("fd_read", {0, iovecs, 4, 0}), Errno::kSuccess);
  EXPECT_EQ(guest_.load<U32>(0), 4);
  EXPECT_EQ(guest_.text(500, 1) + guest_.text(600, 2) + guest_.text(700, 1), "abcd");
}

TEST_F(StdioTest, ReadOfNothingNeverWaits) {
  EXPECT_EQ(guest_.call("fd_read", {0, guest_.iovecs({{500, 0}}), 1, 0}), Errno::kSuccess);
  EXPECT_EQ(guest_.call("fd_read", {0, 0, 0, 0}), Errno::kSuccess);
  EXPECT_EQ(guest_.load<U32>(0), 0);
}

TEST_F(StdioTest, ReadWaitsForInput) {
  ASSERT_EQ(read(100), State::kSuspended);
  ASSERT_TRUE(guest_.suspension());
  EXPECT_TRUE(guest_.wait().in);
  EXPECT_FALSE(guest_.wait().until);

  ASSERT_EQ(guest_.resume(), State::kSuspended) << "resumed too early, it waits on";
  EXPECT_TRUE(guest_.suspension());
  world_.in.add("late");
  ASSERT_EQ(guest_.resume(), State::kReturned);
  EXPECT_FALSE(guest_.suspension());
  EXPECT_EQ(guest_.result(), Errno::kSuccess);
  EXPECT_EQ(got(), "late");

  ASSERT_EQ(read(100), State::kSuspended);
  world_.in.end();
  ASSERT_EQ(guest_.resume(), State::kReturned);
  EXPECT_EQ(got(), "");
}

TEST_F(StdioTest, ASuspendedReadCanBeDropped) {
  ASSERT_EQ(read(100), State::kSuspended);
  guest_.drop();  // A sanitizer would find a leak or a use after free.
}

TEST_F(StdioTest, ANonBlockingReadSaysAgain) {
  EXPECT_EQ(guest_.call("fd_fdstat_set_flags", {0, kFdflagsNonblock}), Errno::kSuccess);
  EXPECT_EQ(guest_.call("fd_fdstat_get", {0, 0}), Errno::kSuccess);
  EXPECT_EQ(guest_.load<Fdstat>(0).flags, kFdflagsNonblock);
  ASSERT_EQ(read(100), State::kReturned);
  EXPECT_EQ(guest_.result(), Errno::kAgain);
  world_.in.add("x");
  ASSERT_EQ(read(100), State::kReturned);
  EXPECT_EQ(got(), "x");
  EXPECT_EQ(guest_.call("fd_fdstat_set_flags", {0, 0}), Errno::kSuccess);
  ASSERT_EQ(read(100), State::kSuspended);
}

TEST_F(StdioTest, ANonBlockingWriteTakesWhatHasRoom) {
  EXPECT_EQ(guest_.call("fd_fdstat_set_flags", {1, kFdflagsNonblock}), Errno::kSuccess);
  const U32 length = 3 * Output::kPieceBytes;
  const U32 iovecs = guest_.iovecs({{guest_.put(std::string(length, 'x')), length}});
  world_.out.writable_calls = 2;
  EXPECT_EQ(guest_.call("fd_write", {1, iovecs, 1, 0}), Errno::kSuccess);
  EXPECT_EQ(guest_.load<U32>(0), 2 * Output::kPieceBytes);
  EXPECT_EQ(guest_.call("fd_write", {1, iovecs, 1, 0}), Errno::kAgain);
  EXPECT_EQ(world_.out.text.size(), 2 * Output::kPieceBytes);

  EXPECT_EQ(guest_.call("fd_fdstat_set_flags", {1, 0}), Errno::kSuccess);
  EXPECT_EQ(guest_.call("fd_write", {1, iovecs, 1, 0}), Errno::kSuccess);
  EXPECT_EQ(guest_.load<U32>(0), length) << "else it is the output's to wait";
}

TEST_F(StdioTest, AWriteThatFillsItsOutputReturnsAndSuspendsItsGuestLater) {
  const U32 iovecs = guest_.iovecs({{guest_.put("text"), 4}});
  world_.out.taken = world_.err.taken = Output::Status::kFilled;
  for (const U32 stream : {1, 2}) {
    ASSERT_EQ(guest_.start("fd_write", {stream, iovecs, 1, 0}), State::kReturned);
    EXPECT_EQ(guest_.result(), Errno::kSuccess);
    EXPECT_EQ(guest_.load<U32>(0), 4u);
    ASSERT_TRUE(guest_.suspendedBy<EventWait>());
    EXPECT_EQ(guest_.wait().out, stream == 1);
    EXPECT_EQ(guest_.wait().err, stream == 2);
    EXPECT_FALSE(guest_.wait().in || guest_.wait().until);
  }
  world_.out.taken = Output::Status::kOk;
  EXPECT_EQ(guest_.call("fd_write", {1, iovecs, 1, 0}), Errno::kSuccess) << "it was said once";
}

TEST_F(StdioTest, AWriteInVainReturnsAndSuspendsItsGuestLater) {
  const Iovec text{guest_.put("text"), 4};
  const U32 iovecs = guest_.iovecs({text, text});
  world_.out.taken = Output::Status::kFailed;
  ASSERT_EQ(guest_.start("fd_write", {1, iovecs, 2, 0}), State::kReturned);
  EXPECT_EQ(guest_.result(), Errno::kSuccess);
  EXPECT_EQ(world_.out.text, "texttext");
  EXPECT_TRUE(guest_.suspendedBy<OutputFailed>());
}

TEST_F(StdioTest, FlagsThatAStreamCannotHaveAreRefused) {
  EXPECT_EQ(guest_.call("fd_fdstat_set_flags", {1, 32}), Errno::kInval);
  EXPECT_EQ(guest_.call("fd_fdstat_set_flags", {1, kFdflagsSync}), Errno::kNotsup);
  EXPECT_EQ(guest_.call("fd_fdstat_set_flags", {7, 0}), Errno::kBadf);
}

TEST_F(StdioTest, RightsAreGivenUpForGood) {
  const U64 all = rights::kFdWrite | rights::kFdFdstatSetFlags | rights::kFdFilestatGet |
                  rights::kPollFdReadwrite;
  EXPECT_EQ(guest_.call("fd_fdstat_set_rights", {1, all | rights::kFdRead, 0}), Errno::kNotcapable);
  EXPECT_EQ(guest_.call("fd_fdstat_set_rights", {1, all, rights::kFdRead}), Errno::kNotcapable);
  EXPECT_EQ(guest_.call("fd_fdstat_set_rights", {1, all & ~rights::kFdFilestatGet, 0}),
            Errno::kSuccess);
  EXPECT_EQ(guest_.call("fd_filestat_get", {1, 0}), Errno::kNotcapable);
  EXPECT_EQ(guest_.call("fd_fdstat_set_rights", {1, all, 0}), Errno::kNotcapable);
  guest_.write(1, "still");
  EXPECT_EQ(guest_.call("fd_fdstat_set_rights", {1, 0, 0}), Errno::kSuccess);
  EXPECT_EQ(guest_.call("fd_write", {1, guest_.iovecs({{0, 1}}), 1, 0}), Errno::kBadf);
  EXPECT_EQ(guest_.call("fd_fdstat_set_rights", {9, 0, 0}), Errno::kBadf);
}

}  // namespace
}  // namespace wagi::wasi
