// Tests devices and FIFOs in a folder whose special files a guest may open, as with `wagi run`:
// they are read, written and waited for as in a native program.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>

#include "guest/wasi/guest_testing.h"

namespace wagi::wasi {
namespace {

using State = Guest::State;
using U32 = std::uint32_t;
using U64 = std::uint64_t;

constexpr Rights kReading = rights::kFdRead;
constexpr Rights kWriting = rights::kFdWrite;

// Descriptor 3 is /dev, 4 a folder of the test's own.
class OpenedSpecialFileTest : public testing::Test {
 protected:
  OpenedSpecialFileTest() {
    world_.preopens = {{"/dev", devices_.get(), false, SpecialFiles::kOpened},
                       {"/own", own_.get(), false, SpecialFiles::kOpened}};
  }
  void SetUp() override { guest_.emplace(world_); }
  Guest& guest() { return *guest_; }

  U32 openWith(std::string_view path, Rights base, U32 fdflags, U32 folder = kOwn) {
    EXPECT_EQ(guest().call("path_open",
                           {folder, 1, guest().put(path), path.size(), 0, base, 0, fdflags, 0}),
              Errno::kSuccess)
        << path;
    return guest().load<U32>(0);
  }
  Errno tryRead(U32 fd) {
    return guest().call("fd_read", {fd, guest().iovecs({{kBytes, 8}}), 1, 0});
  }
  Errno tryWrite(U32 fd, U32 length = 8) {
    return guest().call("fd_write", {fd, guest().iovecs({{kBytes, length}}), 1, 0});
  }
  Fdstat fdstat(U32 fd) {
    EXPECT_EQ(guest().call("fd_fdstat_get", {fd, 0}), Errno::kSuccess);
    return guest().load<Fdstat>(0);
  }
  State poll(std::uint8_t type, U32 fd) {
    const Subscription on{7, type, fd, 0, 0, 0, 0};
    const std::string bytes(reinterpret_cast<const char*>(&on), sizeof(on));
    return guest().start("poll_oneoff", {guest().put(bytes), kBytes, 1, 0});
  }
  Event event() {
    EXPECT_EQ(guest().result(), Errno::kSuccess);
    EXPECT_EQ(guest().load<U32>(0), 1);
    return guest().load<Event>(kBytes);
  }
  void makeFifo() { ASSERT_EQ(::mkfifo((folder_.path() / "fifo").c_str(), 0666), 0); }
  // The host's end of the FIFO, which neither blocks nor leaves the guest's without a partner.
  [[nodiscard]] UniqueFd hostEnd() const {
    return UniqueFd(::open((folder_.path() / "fifo").c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  }

  static constexpr U32 kDev = 3, kOwn = 4;
  static constexpr U32 kBytes = 200 << 10;
  TemporaryFolder folder_;
  UniqueFd devices_{::open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC)};
  UniqueFd own_ = folder_.open();
  World world_;
  std::optional<Guest> guest_;
};

TEST_F(OpenedSpecialFileTest, DevicesAreReadAndWritten) {
  const U32 null = guest().open("null", 0, rights::kFile, kDev);
  guest().write(null, "gone");
  EXPECT_EQ(guest().read(null), "");
  const U32 zero = guest().open("zero", 0, kReading, kDev);
  EXPECT_EQ(guest().read(zero, 4), std::string(4, '\0'));
  const U32 random = guest().open("urandom", 0, kReading, kDev);
  EXPECT_EQ(guest().read(random, 32).size(), 32);
  const U32 full = guest().open("full", 0, kWriting, kDev);
  EXPECT_EQ(tryWrite(full), Errno::kNospc);
  // A shell opens `> /dev/null` like this.
  EXPECT_EQ(guest().tryOpen("null", kOflagsCreat | kOflagsTrunc, kWriting, kDev), Errno::kSuccess);
  EXPECT_EQ(guest().tryOpen("null", kOflagsCreat | kOflagsExcl, kWriting, kDev), Errno::kExist);
  EXPECT_EQ(guest().tryOpen("null", kOflagsDirectory, 0, kDev), Errno::kNotdir);
}

TEST_F(OpenedSpecialFileTest, ADeviceSaysWhatItIs) {
  const U32 null = guest().open("null", 0, rights::kFile, kDev);
  EXPECT_EQ(fdstat(null).filetype, static_cast<U32>(Filetype::kCharacterDevice));
  EXPECT_EQ(fdstat(null).rights_base, rights::kFile) << "it can seek: no terminal to libc";
  EXPECT_EQ(guest().call("fd_seek", {null, 0, 0, 0}), Errno::kSuccess);
  EXPECT_EQ(guest().call("fd_filestat_get", {null, 0}), Errno::kSuccess);
  const auto stat = guest().load<Filestat>(0);
  EXPECT_EQ(stat.filetype, static_cast<U64>(Filetype::kCharacterDevice));
  EXPECT_EQ(stat.size, 0);
  EXPECT_EQ(poll(kEventtypeFdRead, null), State::kReturned) << "never waited for";
  EXPECT_EQ(poll(kEventtypeFdWrite, null), State::kReturned);
}

TEST_F(OpenedSpecialFileTest, TheyAreFoundInEveryFolderBelow) {
  const UniqueFd root(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  world_.preopens = {{"/", root.get(), false, SpecialFiles::kOpened}};
  guest_.emplace(world_);
  EXPECT_EQ(guest().read(guest().open("dev/zero", 0, kReading), 2), std::string(2, '\0'));
  const U32 dev = guest().openFolder("dev");
  EXPECT_EQ(guest().read(guest().open("zero", 0, kReading, dev), 2), std::string(2, '\0'));
}

TEST_F(OpenedSpecialFileTest, AReadOnlyFolderLetsNoneBeWritten) {
  world_.preopens = {{"/dev", devices_.get(), true, SpecialFiles::kOpened}};
  guest_.emplace(world_);
  EXPECT_EQ(guest().tryOpen("null", 0, kWriting), Errno::kRofs);
  EXPECT_EQ(guest().tryOpen("null", kOflagsTrunc, kReading), Errno::kRofs);
  const U32 null = guest().open("null", 0, kReading);
  EXPECT_EQ(guest().read(null), "");
  EXPECT_EQ(tryWrite(null), Errno::kRofs);
}

TEST_F(OpenedSpecialFileTest, AFifoIsWaitedFor) {
  makeFifo();
  const UniqueFd host = hostEnd();
  const U32 fifo = guest().open("fifo", 0, kReading, kOwn);
  EXPECT_EQ(fdstat(fifo).filetype, static_cast<U32>(Filetype::kUnknown));
  EXPECT_EQ(guest().call("fd_seek", {fifo, 0, 0, 0}), Errno::kSpipe);
  ASSERT_EQ(poll(kEventtypeFdRead, fifo), State::kSuspended);
  ASSERT_EQ(guest().wait().files.size(), 1);
  EXPECT_EQ(guest().wait().files[0].what, FileWait::For::kReading);
  EXPECT_EQ(guest().resume(), State::kSuspended);
  EXPECT_EQ(guest().wait().files.size(), 1) << "one, however often it is looked at";
  ASSERT_EQ(::write(host.get(), "abc", 3), 3);
  ASSERT_EQ(guest().resume(), State::kReturned);
  EXPECT_EQ(event().nbytes, 3);
  EXPECT_EQ(guest().read(fifo), "abc");
}

TEST_F(OpenedSpecialFileTest, AFifoWhoseWritersHaveGoneIsAtItsEnd) {
  makeFifo();
  UniqueFd host = hostEnd();
  const U32 fifo = guest().open("fifo", 0, kReading, kOwn);
  ASSERT_EQ(::write(host.get(), "a", 1), 1);
  host.reset();
  ASSERT_EQ(poll(kEventtypeFdRead, fifo), State::kReturned);
  EXPECT_EQ(event().nbytes, 1);
  EXPECT_EQ(event().flags, 0);
  EXPECT_EQ(guest().read(fifo), "a");
  ASSERT_EQ(poll(kEventtypeFdRead, fifo), State::kReturned);
  EXPECT_EQ(event().nbytes, 0);
  EXPECT_EQ(event().flags, kEventrwflagsHangup);
  EXPECT_EQ(guest().read(fifo), "");
}

TEST_F(OpenedSpecialFileTest, NonblockIsTheKernels) {
  makeFifo();
  const UniqueFd host = hostEnd();
  const U32 reader = openWith("fifo", kReading, kFdflagsNonblock);
  EXPECT_EQ(fdstat(reader).flags, kFdflagsNonblock);
  EXPECT_EQ(tryRead(reader), Errno::kAgain);
  const U32 writer = guest().open("fifo", 0, kWriting, kOwn);
  EXPECT_EQ(guest().call("fd_fdstat_set_flags", {writer, kFdflagsNonblock}), Errno::kSuccess);
  Errno error = Errno::kSuccess;
  for (int i = 0; i < 1000 && error == Errno::kSuccess; ++i) error = tryWrite(writer, 4096);
  EXPECT_EQ(error, Errno::kAgain);
  EXPECT_EQ(poll(kEventtypeFdWrite, writer), State::kSuspended);
  EXPECT_EQ(guest().wait().files[0].what, FileWait::For::kWriting);
  std::array<char, 128 << 10> bytes;
  EXPECT_GT(::read(host.get(), bytes.data(), bytes.size()), 0);
  EXPECT_EQ(guest().resume(), State::kReturned);
  EXPECT_EQ(guest().call("fd_fdstat_set_flags", {writer, 0}), Errno::kSuccess);
  EXPECT_EQ(fdstat(writer).flags, 0);
  EXPECT_EQ(tryWrite(writer), Errno::kSuccess);
}

TEST_F(OpenedSpecialFileTest, ATerminalIsOne) {
  const UniqueFd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  std::array<char, 64> name{};
  if (!master || ::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0 ||
      ::ptsname_r(master.get(), name.data(), name.size()) != 0) {
    GTEST_SKIP() << "no terminals can be made here";
  }
  const std::string path = std::string(name.data()).substr(sizeof("/dev/") - 1);
  const UniqueFd kept(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  termios raw{};
  ASSERT_EQ(::tcgetattr(kept.get(), &raw), 0);
  ::cfmakeraw(&raw);
  ASSERT_EQ(::tcsetattr(kept.get(), TCSANOW, &raw), 0);

  const U32 terminal = guest().open(path, 0, rights::kFile, kDev);
  EXPECT_EQ(fdstat(terminal).filetype, static_cast<U32>(Filetype::kCharacterDevice));
  EXPECT_EQ(fdstat(terminal).rights_base & (rights::kFdSeek | rights::kFdTell), 0);
  EXPECT_EQ(guest().call("fd_seek", {terminal, 0, 0, 0}), Errno::kSpipe);
  EXPECT_EQ(guest().call("fd_tell", {terminal, 0}), Errno::kSpipe);
  EXPECT_EQ(poll(kEventtypeFdRead, terminal), State::kSuspended);
  ASSERT_EQ(::write(master.get(), "typed", 5), 5);
  EXPECT_EQ(guest().resume(), State::kReturned);
  EXPECT_EQ(event().nbytes, 5);
  EXPECT_EQ(guest().read(terminal), "typed");
  guest().write(terminal, "shown");
  std::array<char, 16> shown{};
  EXPECT_EQ(::read(master.get(), shown.data(), shown.size()), 5);
  EXPECT_STREQ(shown.data(), "shown");
}

}  // namespace
}  // namespace wagi::wasi
