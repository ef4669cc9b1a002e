// Tests that moving folders and links while a guest resolves a path never makes it leave its
// volume.
//
// A thread does what another request, or a program of the host, could do at any moment. Each race
// is run until both outcomes have been seen some times, or a bound is reached.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "guest/wasi/limits.h"
#include "guest/wasi/sandbox_testing.h"

namespace wagi::wasi {
namespace {

namespace fs = std::filesystem;

constexpr int kRounds = 400;
constexpr int kRoundsMax = 20'000;  // Needed where the two threads share a core and rarely meet.

// Does something over and over until it goes out of scope.
class Meanwhile {
 public:
  explicit Meanwhile(std::function<void()> act)
      : thread_([this, act = std::move(act)] {
          while (!done_) {
            act();
            std::this_thread::yield();  // Lets the other thread run, where both share a core.
          }
        }) {}
  Meanwhile(const Meanwhile&) = delete;
  Meanwhile& operator=(const Meanwhile&) = delete;
  ~Meanwhile() {
    done_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

class RaceTest : public SandboxTest {
 protected:
  void SetUp() override {
    SandboxTest::SetUp();
    fs::create_directory(folder_.path() / "volume/swapped");
    folder_.write("volume/swapped/secret", "mine");
    fs::create_symlink("../outside", folder_.path() / "volume/link");
    folder_.write("volume/file", "mine");
  }

  // Exchanges two names of the volume for ever.
  auto exchange(const std::string& a, const std::string& b) {
    return [from = host("volume/" + a), to = host("volume/" + b)] {
      ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE);
    };
  }

  // Calls `attempt` until it succeeded and failed some times each.
  void compete(const std::function<Errno()>& attempt) {
    int succeeded = 0, refused = 0;
    for (int i = 0; i < kRoundsMax && (i < kRounds || succeeded == 0 || refused == 0); ++i) {
      const Errno error = attempt();
      ++(error == Errno::kSuccess ? succeeded : refused);
      // The walk may find a folder where it saw a link, which gives NOTDIR, or no link any more.
      EXPECT_TRUE(error == Errno::kSuccess || error == Errno::kNotcapable ||
                  error == Errno::kNoent || error == Errno::kNotdir || error == Errno::kLoop ||
                  error == Errno::kNxio)
          << static_cast<int>(error);
      if (HasFailure()) return;
      guest().reset();
      std::this_thread::yield();
    }
    EXPECT_GT(succeeded, 0);
    EXPECT_GT(refused, 0);
  }

  // Repeats an attempt until the race lets it succeed, to undo what another did.
  void insist(const std::function<Errno()>& attempt) {
    int rounds = 0;
    while (attempt() != Errno::kSuccess) {
      ASSERT_LT(++rounds, kRoundsMax);
      guest().reset();
      std::this_thread::yield();
    }
  }

  // Opens `path`; if that succeeds, the file must hold "mine".
  Errno openMine(const char* path, U32 oflags = 0, Rights base = rights::kFdRead) {
    const Errno error = guest().tryOpen(path, oflags, base);
    if (error != Errno::kSuccess) return error;
    const U32 fd = guest().load<U32>(0);
    if ((base & rights::kFdRead) != 0) {
      EXPECT_EQ(guest().read(fd, 16), "mine");
    }
    EXPECT_EQ(guest().call("fd_close", {fd}), Errno::kSuccess);
    return error;
  }
};

TEST_P(RaceTest, AFolderThatTurnsIntoALinkIsNotFollowedOut) {
  const Meanwhile swapper(exchange("swapped", "link"));
  compete([&] { return openMine("swapped/secret"); });
  compete([&] { return tryStat("swapped/secret"); });
  compete([&] { return setTimes("swapped/secret", 1, 1, 5); });
}

TEST_P(RaceTest, NothingIsMadeThroughALink) {
  const Meanwhile swapper(exchange("swapped", "link"));
  compete([&] {
    const Errno error = openMine("swapped/new", kOflagsCreat | kOflagsExcl, rights::kFdWrite);
    if (error == Errno::kSuccess) {
      insist([&] { return guest().path("path_unlink_file", "swapped/new"); });
    }
    return error;
  });
  compete([&] {
    const Errno error = guest().path("path_create_directory", "swapped/folder");
    if (error == Errno::kSuccess) {
      insist([&] { return guest().path("path_remove_directory", "swapped/folder"); });
    }
    return error;
  });
  compete([&] {
    const Errno error = symlink("x", "swapped/symlink");
    if (error == Errno::kSuccess) {
      insist([&] { return guest().path("path_unlink_file", "swapped/symlink"); });
    }
    return error;
  });
}

TEST_P(RaceTest, NothingIsTakenThroughALink) {
  const Meanwhile swapper(exchange("swapped", "link"));
  compete([&] {
    const Errno error = rename("swapped/secret", "moved");
    if (error == Errno::kSuccess) {
      EXPECT_EQ(folder_.read("volume/moved"), "mine");
      insist([&] { return rename("moved", "swapped/secret"); });
    }
    return error;
  });
  compete([&] {
    const Errno error = link("swapped/secret", "linked");
    if (error == Errno::kSuccess) {
      EXPECT_EQ(folder_.read("volume/linked"), "mine");
      EXPECT_EQ(guest().path("path_unlink_file", "linked"), Errno::kSuccess);
    }
    return error;
  });
  compete([&] {
    const Errno error = guest().path("path_unlink_file", "swapped/secret");
    if (error == Errno::kSuccess) {
      EXPECT_EQ(link("file", "copy"), Errno::kSuccess);
      insist([&] { return rename("copy", "swapped/secret"); });
    }
    return error;
  });
}

// The last name of the path changes between a file of the volume and a link to the outside.
TEST_P(RaceTest, AFileThatTurnsIntoALinkIsNotFollowedOut) {
  const Meanwhile swapper(exchange("file", "to_secret"));
  compete([&] { return openMine("file"); });
  compete([&] { return openMine("file", kOflagsCreat, rights::kFdWrite); });
  compete([&] { return tryStat("file", kLookupSymlinkFollow); });
  compete([&] { return setTimes("file", 1, 1, 5, kLookupSymlinkFollow); });
  compete([&] { return openMine("file", kOflagsTrunc, rights::kFdWrite); });
}

// An open that gets the FIFO after all would block for ever without O_NONBLOCK.
TEST_P(RaceTest, AFileThatTurnsIntoAFifoNeverBlocks) {
  ASSERT_EQ(::mkfifo(host("volume/fifo").c_str(), 0666), 0);
  const Meanwhile swapper(exchange("file", "fifo"));
  compete([&] { return openMine("file"); });
  compete([&] { return openMine("file", kOflagsCreat, rights::kFdWrite); });
}

// Resolves ".." in a folder that has just left the volume, so that the folder above is outside.
TEST_P(RaceTest, AFolderThatIsMovedOutMeanwhileLeadsNowhere) {
  fs::create_directories(folder_.path() / "volume/place/deep/down");
  folder_.write("volume/place/secret", "mine");
  const std::string in = host("volume/place/deep"), out = host("outside/deep");
  {
    const Meanwhile mover([&, is_in = true]() mutable {
      ::rename((is_in ? in : out).c_str(), (is_in ? out : in).c_str());
      is_in = !is_in;
    });
    compete([&] { return openMine("place/deep/down/../../secret"); });
    compete([&] { return openMine("place/deep/../secret"); });
    compete([&] { return tryStat("place/deep/down/../../secret"); });
    compete([&] { return rename("place/deep/down/../../secret", "place/secret"); });
  }
  ::rename(out.c_str(), in.c_str());
}

// A rename anywhere on the machine disturbs the kernel's "..". So that this can't keep guests from
// their files, the walk takes over.
TEST_P(RaceTest, ALostRaceIsTriedAgainAndThenWalked) {
  world_.system.races_lost = kOpenAttemptsMax - 1;
  EXPECT_EQ(tryStat("inside/../inside/file"), Errno::kSuccess);
  world_.system.races_lost = kOpenAttemptsMax;
  EXPECT_EQ(tryStat("inside/../inside/file"), Errno::kSuccess);
  world_.system.races_lost = kOpenAttemptsMax;
  EXPECT_EQ(tryStat("inside/../../outside/secret"), Errno::kNotcapable);
  EXPECT_EQ(world_.system.opens, 3 * kOpenAttemptsMax);
}

INSTANTIATE_TEST_SUITE_P(Kernels, RaceTest,
                         testing::Values(Kernel::kHasOpenat2, Kernel::kLacksOpenat2), kernelName);

}  // namespace
}  // namespace wagi::wasi
