// Tests that FIFOs, sockets and devices in a volume can be seen, renamed and removed, but never
// opened, and that a guest makes plain files only.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>

#include "guest/wasi/sandbox_testing.h"

namespace wagi::wasi {
namespace {

namespace fs = std::filesystem;

class SpecialFileTest : public SandboxTest {
 protected:
  void makeSocket(const std::string& name) {
    const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    host(name).copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  void expectNeverOpened(const char* path, U32 folder = kFolder) {
    for (const Rights base : {rights::kFdRead, rights::kFdWrite, rights::kFile}) {
      for (const U32 oflags : {0, int{kOflagsCreat}, int{kOflagsTrunc}}) {
        EXPECT_EQ(guest().tryOpen(path, oflags, base, folder), Errno::kNxio) << path;
      }
    }
    EXPECT_EQ(guest().tryOpen(path, kOflagsDirectory, 0, folder), Errno::kNotdir) << path;
    EXPECT_EQ(guest().tryOpen(path, kOflagsCreat | kOflagsExcl, rights::kFdWrite, folder),
              Errno::kExist);
    EXPECT_EQ(tryStat(path, 0, folder), Errno::kSuccess) << path;
  }
};

TEST_P(SpecialFileTest, WhatIsNoFileIsNotOpened) {
  ASSERT_EQ(::mkfifo(host("volume/fifo").c_str(), 0666), 0);
  makeSocket("volume/socket");
  // A FIFO without a partner would block an open in either direction.
  for (const char* path : {"fifo", "socket"}) {
    expectNeverOpened(path);
    EXPECT_EQ(symlink(path, "to_it"), Errno::kSuccess);
    EXPECT_EQ(guest().tryOpen("to_it", kOflagsCreat, rights::kFile), Errno::kNxio) << path;
    EXPECT_EQ(guest().path("path_unlink_file", "to_it"), Errno::kSuccess);
    EXPECT_EQ(rename(path, "moved"), Errno::kSuccess) << path;
    EXPECT_EQ(guest().path("path_unlink_file", "moved"), Errno::kSuccess) << path;
  }
}

// Opening a FIFO for writing and closing it would tell its reader, a program of the host, that all
// was written.
TEST_P(SpecialFileTest, AFifosOtherEndNoticesNothing) {
  ASSERT_EQ(::mkfifo(host("volume/fifo").c_str(), 0666), 0);
  const UniqueFd reader(::open(host("volume/fifo").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  ASSERT_TRUE(reader);
  expectNeverOpened("fifo");
  pollfd end{.fd = reader.get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&end, 1, 0), 0) << "a writer came and went";
}

TEST_P(SpecialFileTest, DevicesAreNotOpened) {
  const UniqueFd devices(::open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC));
  world_.preopens = {{"/", volume_.get(), false}, {"/dev", devices.get(), false}};
  guest_.emplace(world_);
  for (const char* path : {"zero", "null", "tty", "ptmx"}) {
    if (::access((std::string("/dev/") + path).c_str(), F_OK) == 0) expectNeverOpened(path, 4);
  }
  // Only root may make a device, and not in every container.
  if (::mknod(host("volume/block").c_str(), S_IFBLK | 0666, makedev(7, 0)) == 0) {
    expectNeverOpened("block");
    EXPECT_EQ(stat("block").filetype, static_cast<U64>(Filetype::kBlockDevice));
  }
}

// A file that a guest makes is neither executable nor set-user-ID, even where the umask is 0.
TEST_P(SpecialFileTest, WhatAGuestMakesIsNoProgram) {
  const mode_t umask_before = ::umask(0);
  EXPECT_EQ(guest().tryOpen("made", kOflagsCreat, rights::kFdWrite), Errno::kSuccess);
  EXPECT_EQ(guest().path("path_create_directory", "folder"), Errno::kSuccess);
  ::umask(umask_before);
  struct stat stat{};
  ASSERT_EQ(::stat(host("volume/made").c_str(), &stat), 0);
  EXPECT_EQ(stat.st_mode, S_IFREG | 0666);
  ASSERT_EQ(::stat(host("volume/folder").c_str(), &stat), 0);
  EXPECT_EQ(stat.st_mode, S_IFDIR | 0777);
}

// A file system that is mounted within a volume belongs to it, as for every program of the host.
TEST_P(SpecialFileTest, AMountWithinAVolumeIsPartOfIt) {
  struct stat above{}, below{};
  if (::stat("/dev", &above) != 0 || ::stat("/dev/shm", &below) != 0 ||
      above.st_dev == below.st_dev) {
    GTEST_SKIP() << "nothing is mounted at /dev/shm";
  }
  const UniqueFd devices(::open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC));
  world_.preopens = {{"/dev", devices.get(), true}};
  guest_.emplace(world_);
  EXPECT_EQ(stat("shm").ino, below.st_ino);
  EXPECT_EQ(guest().tryOpen("shm/..", kOflagsDirectory), Errno::kSuccess);
  EXPECT_EQ(guest().tryOpen("shm/../..", kOflagsDirectory), Errno::kNotcapable);
}

// The host's root is a volume like any other: nothing is above it, and links of /proc lead nowhere.
TEST_P(SpecialFileTest, TheWholeHostIsAVolumeToo) {
  const UniqueFd root(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  world_.preopens = {{"/", root.get(), true}};
  guest_.emplace(world_);
  EXPECT_EQ(guest().tryOpen("etc/.."), Errno::kSuccess);
  for (const char* path : {"..", "etc/../..", "/etc", "../etc"}) {
    EXPECT_EQ(guest().tryOpen(path), Errno::kNotcapable) << path;
  }
  for (const char* path : {"proc/self/root/etc/passwd", "proc/self/cwd/", "proc/self/exe"}) {
    const Errno error = guest().tryOpen(path);
    EXPECT_TRUE(error == Errno::kNotcapable || error == Errno::kLoop) << path;
  }
}

// A volume stays the folder that its path named when it was opened.
TEST_P(SpecialFileTest, AVolumeThatIsReplacedStaysWhatItWas) {
  ASSERT_EQ(::rename(host("volume").c_str(), host("elsewhere").c_str()), 0);
  fs::create_symlink("outside", host("volume"));
  EXPECT_EQ(guest().read(guest().open("inside/file")), "file");
  EXPECT_EQ(guest().tryOpen("secret"), Errno::kNoent);
  EXPECT_EQ(guest().tryOpen("../outside/secret"), Errno::kNotcapable);
  fs::remove_all(host("elsewhere"));
  EXPECT_EQ(guest().tryOpen("inside/file"), Errno::kNoent);
  EXPECT_EQ(guest().tryOpen("new", kOflagsCreat, rights::kFdWrite), Errno::kNoent);
  EXPECT_EQ(guest().tryOpen(".."), Errno::kNotcapable);
}

INSTANTIATE_TEST_SUITE_P(Kernels, SpecialFileTest,
                         testing::Values(Kernel::kHasOpenat2, Kernel::kLacksOpenat2), kernelName);

}  // namespace
}  // namespace wagi::wasi
