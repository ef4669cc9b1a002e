#include "supply/artifact/cache.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/unique_fd.h"

namespace wagi::artifact {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::system_clock;
using testing::HasSubstr;

std::string contentsOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void setUsed(const std::string& path, system_clock::time_point when) {
  const timespec time{system_clock::to_time_t(when), 0};
  const timespec times[2] = {time, time};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

StepKey keyOf(const std::string& input) {
  return {.step = "code", .input = input, .settings = "test"};
}

class CacheTest : public testing::Test {
 protected:
  Cache::Settings settings() const { return {.directory = directory_.path() + "/code"}; }
  Cache open() const { return Cache::open(settings()).value(); }
  TemporaryDirectory directory_ = TemporaryDirectory::create("wagi-test-").value();
};

TEST_F(CacheTest, HandsOutWhatWasStored) {
  const Cache cache = open();
  EXPECT_EQ(cache.find(keyOf("a")), std::nullopt);
  const std::string path = cache.store(keyOf("a"), "machine code").value();
  EXPECT_EQ(cache.find(keyOf("a")), path);
  EXPECT_THAT(contentsOf(path), testing::StartsWith("machine code"));
  EXPECT_EQ(open().find(keyOf("a")), path) << "another server finds it too";
}

TEST_F(CacheTest, IsForItsOwnerOnly) {
  const Cache cache = open();
  const std::string path = cache.store(keyOf("a"), "code").value();
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  ASSERT_EQ(::stat(cache.directory().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700u);
}

// Two processes that find the same damage may each store the code anew. One that removed what it
// found damaged would remove what the other has stored.
TEST_F(CacheTest, ADamagedEntryIsMissingUntilItIsReplaced) {
  const Cache cache = open();
  const std::string path = cache.store(keyOf("a"), std::string(5000, 'x')).value();
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(4000).put('y');
  EXPECT_EQ(cache.find(keyOf("a")), std::nullopt);
  EXPECT_TRUE(fs::exists(path));
  EXPECT_EQ(cache.store(keyOf("a"), std::string(5000, 'x')).value(), path);
  EXPECT_EQ(cache.find(keyOf("a")), path);
}

TEST_F(CacheTest, ATornEntryIsMissing) {
  const Cache cache = open();
  for (const std::size_t size : {0, 1, 23, 24, 100, 5000}) {
    const std::string path = cache.store(keyOf("a"), std::string(5000, 'x')).value();
    fs::resize_file(path, size);
    EXPECT_EQ(cache.find(keyOf("a")), std::nullopt) << size;
  }
}

TEST_F(CacheTest, AnOpenEntryTellsOfDamageInPlace) {
  const std::string path = open().store(keyOf("a"), std::string(200'000, 'x')).value();
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_TRUE(Cache::isWhole(fd.get()));
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(150'000).put('y');
  EXPECT_FALSE(Cache::isWhole(fd.get()));
  fs::resize_file(path, 0);
  EXPECT_FALSE(Cache::isWhole(fd.get()));
  fs::remove(path);
  EXPECT_FALSE(Cache::isWhole(fd.get()));
}

TEST_F(CacheTest, AnOverflowTakesWhatIsFoundThenOn) {
  const Cache cache = open();
  EXPECT_EQ(cache.directories().size(), 1u);
  ASSERT_TRUE(cache.makeOverflow());
  ASSERT_EQ(cache.directories().size(), 2u);
  const std::string elsewhere = cache.directories()[1];
  ASSERT_TRUE(cache.makeOverflow());
  EXPECT_EQ(cache.directories()[1], elsewhere) << "there is one";
  const std::string path = cache.store(keyOf("a"), "code").value();
  EXPECT_THAT(path, testing::StartsWith(cache.directory())) << "where there is room";
  fs::rename(path, elsewhere + "/" + keyOf("a").fileName());
  EXPECT_EQ(cache.find(keyOf("a")), elsewhere + "/" + keyOf("a").fileName());
  auto temporary = settings();
  temporary.enabled = false;
  EXPECT_FALSE(Cache::open(temporary).value().makeOverflow());
}

TEST_F(CacheTest, AnEntryThatOthersMayWriteIsNotTrusted) {
  const Cache cache = open();
  const std::string path = cache.store(keyOf("a"), "code").value();
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  EXPECT_EQ(cache.find(keyOf("a")), std::nullopt);
}

TEST_F(CacheTest, ADirectoryThatOthersMayWriteIsRefused) {
  ASSERT_EQ(::mkdir(settings().directory->c_str(), 0700), 0);
  ASSERT_EQ(::chmod(settings().directory->c_str(), 0777), 0);
  EXPECT_THAT(Cache::open(settings()).error().message, HasSubstr("nobody else may write"));
}

TEST_F(CacheTest, ADirectoryThatIsAFileIsRefused) {
  std::ofstream(*settings().directory) << "x";
  EXPECT_THAT(Cache::open(settings()).error().message, HasSubstr("isn't a directory"));
}

TEST_F(CacheTest, ManyWritersOfOneEntryLeaveAWholeOne) {
  const Cache cache = open();
  constexpr int kWriters = 4;
  constexpr int kRounds = 50;
  for (int writer = 0; writer < kWriters; ++writer) {
    if (::fork() != 0) continue;
    // Each writer has code of its own length, so that a mixture of two can't pass.
    const std::string code(10'000 + writer * 1'000, static_cast<char>('a' + writer));
    bool fine = true;
    for (int round = 0; round < kRounds; ++round) {
      fine =
          fine && cache.store(keyOf("a"), code).has_value() && cache.find(keyOf("a")).has_value();
    }
    ::_exit(fine ? 0 : 1);
  }
  for (int writer = 0; writer < kWriters; ++writer) {
    int status = -1;
    ASSERT_GT(::wait(&status), 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_TRUE(cache.find(keyOf("a")));
  EXPECT_EQ(std::distance(fs::directory_iterator(cache.directory()), {}), 1)
      << "nothing else is left";
}

TEST_F(CacheTest, CleaningRemovesTheLeastRecentlyUsed) {
  const Cache writer = open();
  const auto now = system_clock::now();
  for (const std::string key : {"a", "b", "c", "d"}) {
    const std::string path = writer.store(keyOf(key), std::string(1'000, 'x')).value();
    setUsed(path, now - hours(8) + hours(key[0] - 'a'));
  }
  setUsed(writer.find(keyOf("a")).value(), now - hours(1));
  auto limited = settings();
  limited.total_bytes_soft_max = 3'500;
  EXPECT_EQ(Cache::open(limited).value().clean(now), 2u);
  EXPECT_TRUE(writer.find(keyOf("a")));
  EXPECT_FALSE(writer.find(keyOf("b")));
  EXPECT_FALSE(writer.find(keyOf("c")));
  EXPECT_TRUE(writer.find(keyOf("d")));
}

TEST_F(CacheTest, CleaningCountsEntriesToo) {
  const Cache writer = open();
  const auto now = system_clock::now();
  for (const std::string key : {"a", "b", "c", "d"}) {
    setUsed(writer.store(keyOf(key), "x").value(), now - hours(8) + hours(key[0] - 'a'));
  }
  auto limited = settings();
  limited.entries_soft_max = 3;
  EXPECT_EQ(Cache::open(limited).value().clean(now), 2u);
  EXPECT_FALSE(writer.find(keyOf("b")));
  EXPECT_TRUE(writer.find(keyOf("c")));
}

TEST_F(CacheTest, CleaningKeepsWhatSomebodyIsAboutToOpen) {
  auto limited = settings();
  limited.total_bytes_soft_max = 1;
  const Cache cache = Cache::open(limited).value();
  const std::string path = cache.store(keyOf("a"), "code").value();
  EXPECT_TRUE(fs::exists(path));
  EXPECT_EQ(cache.clean(system_clock::now() + minutes(20)), 1u);
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(CacheTest, CleaningRemovesWhatDeadWritersLeft) {
  const Cache cache = open();
  const auto now = system_clock::now();
  const std::string old_one = cache.directory() + "/a.tmp.abc123";
  const std::string new_one = cache.directory() + "/b.tmp.abc123";
  const std::string foreign = cache.directory() + "/README";
  for (const std::string& path : {old_one, new_one, foreign}) std::ofstream(path) << "x";
  setUsed(old_one, now - hours(2));
  setUsed(foreign, now - hours(2));
  EXPECT_EQ(cache.clean(now), 1u);
  EXPECT_FALSE(fs::exists(old_one));
  EXPECT_TRUE(fs::exists(new_one));
  EXPECT_TRUE(fs::exists(foreign)) << "what isn't the cache's own stays";
}

TEST_F(CacheTest, DisabledKeepsNothing) {
  auto disabled = settings();
  disabled.enabled = false;
  std::string directory;
  {
    const Cache cache = Cache::open(disabled).value();
    directory = cache.directory();
    EXPECT_TRUE(cache.isTemporary());
    EXPECT_TRUE(cache.store(keyOf("a"), "code"));
    EXPECT_TRUE(cache.find(keyOf("a")));
  }
  EXPECT_FALSE(fs::exists(directory));
  EXPECT_FALSE(fs::exists(*settings().directory));
}

TEST_F(CacheTest, ASmallEntryIsRead) {
  const Cache cache = open();
  EXPECT_EQ(cache.read(keyOf("a")), std::nullopt);
  const std::string path = cache.store(keyOf("a"), "what was found out").value();
  EXPECT_EQ(cache.read(keyOf("a")), "what was found out");
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  EXPECT_EQ(cache.read(keyOf("a")), std::nullopt);
}

TEST_F(CacheTest, TheUsersOwnDirectoryIsTheDefault) {
  ASSERT_EQ(::setenv("XDG_CACHE_HOME", directory_.path().c_str(), 1), 0);
  EXPECT_EQ(Cache::open({}).value().directory(), directory_.path() + "/wagi/code");
  ASSERT_EQ(::setenv("XDG_CACHE_HOME", "relative", 1), 0);
  ASSERT_EQ(::setenv("HOME", directory_.path().c_str(), 1), 0);
  EXPECT_EQ(Cache::open({}).value().directory(), directory_.path() + "/.cache/wagi/code");
  ASSERT_EQ(::setenv("HOME", "", 1), 0);
  EXPECT_TRUE(Cache::open({}).value().isTemporary());
}

}  // namespace
}  // namespace wagi::artifact
